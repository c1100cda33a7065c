import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mainThreadTime } from './measurement.js';

/** A client in a process of its own: at each line it asks so often, and then prints a line. */
const scriptOf = (batch: number): string => `
  const { Agent, get } = require('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const ask = (url) => new Promise((done, failed) =>
    get(url, { agent }, (response) => response.resume().on('end', done)).on('error', failed));
  const askAll = async (url) => {
    let left = ${batch};
    await Promise.all(Array.from({ length: 8 }, async () => { while (left-- > 0) await ask(url); }));
  };
  require('node:readline').createInterface(process.stdin).on('line', async (url) => {
    await askAll(url);
    console.log('done');
  });
`;

/** A client that asks a server in this process. */
export interface HttpClient {
  /** Asks many times, and returns the CPU time of this process' main thread for each request, in nanoseconds. */
  askBatch(): Promise<number>;
  stop(): Promise<void>;
}

/** @param batch how many requests it makes at a time. */
export function startClient(port: number, batch: number, path = '/teams/payments'): HttpClient {
  const asking = spawn(process.execPath, ['-e', scriptOf(batch)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = asking.stdout[Symbol.asyncIterator]();
  return {
    async askBatch() {
      const start = mainThreadTime();
      asking.stdin.write(`http://127.0.0.1:${port}${path}\n`);
      await answers.next();
      return ((mainThreadTime() - start) * 1e6) / batch;
    },
    async stop() {
      asking.stdin.end();
      await once(asking, 'exit');
    },
  };
}
