import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { program } from './entries.js';

/** What a run of the program has given. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

// Why its exit is replaced: to start a thread for each of many runs takes ten times as long as the runs themselves.
const script = `
  const { parentPort, workerData: { program, url, commands } } = require('node:worker_threads');
  (async () => {
    const runs = [];
    for (const [i, args] of commands.entries()) {
      const run = { code: undefined, out: '', err: '' };
      const writeTo = (stream) => (text, callback) => { run[stream] += text; callback?.(); return true; };
      process.stdout.write = writeTo('out');
      process.stderr.write = writeTo('err');
      process.argv = [process.execPath, program, ...args];
      const ended = new Promise((resolve) => { process.exit = resolve; });
      await import(url + '?run=' + i);
      run.code = await ended;
      runs.push(run);
    }
    parentPort.postMessage(runs);
  })();`;

/** Runs the real program with each of these arguments, one after the other in one thread. */
export async function runAll(commands: readonly (readonly string[])[]): Promise<Run[]> {
  const workerData = { program, url: pathToFileURL(program).href, commands };
  const worker = new Worker(script, { eval: true, workerData, execArgv: [] });
  const runs = await new Promise<Run[]>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return runs;
}

/** The same once. */
export async function run(...args: string[]): Promise<Run> {
  const [run] = await runAll([args]);
  return run as Run;
}

/** A run as text: exit code, output, errors. */
export const printed = ({ code, out, err }: Run): string =>
  [`exit ${code}`, ...(out === '' ? [] : [out.trimEnd()]), ...(err === '' ? [] : [`stderr: ${err.trimEnd()}`])].join(
    '\n',
  );
