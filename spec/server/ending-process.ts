import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../until.js';
import { ask } from './ask.js';
import { inThread } from './served.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export type Signal = 'SIGTERM' | 'SIGINT';

/** How a process has ended: its exit code, or the signal that has ended it. */
export type Ending = number | Signal | null;

/** The exit code by which a shell reports that a process has ended by a signal. */
export const codeOf = (signal: Signal): number => 128 + constants.signals[signal];

/** What a program has around it: `url` and `close` of the server, and `cleanUp`, which lasts until it is told to finish. */
const setUp = `
  import { once } from 'node:events';
  import { readlinkSync } from 'node:fs';
  const say = (line) => console.log(line);
  const cleanUp = async () => {
    say('cleans up');
    await once(process.stdin, 'data');
    process.stdin.destroy();
    say('has cleaned up');
  };`;

/** A server of ours, with these options. */
export const ours = (options: string): string => `
  import { serveMetrics } from 'flowplane-metrics/serve';
  const { url, close } = await serveMetrics({ port: 0, keepAlive: true, thread: ${inThread}, ${options} });`;

/** The same process without us. */
export const plain = `
  import { createServer } from 'node:http';
  const server = createServer((request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = 'http://127.0.0.1:' + server.address().port + '/metrics';
  const close = () => new Promise((closed) => server.close(closed));`;

/** What an application may do about a signal. `withDrain` says that nobody needs to close the server. */
export const handlers: Readonly<Record<string, (signal: Signal, withDrain: boolean) => string>> = {
  'no handler': () => `process.stdin.once('data', () => say('is still there'));`,
  'a handler': (signal) => `process.on('${signal}', async () => {
    await cleanUp();
    await close();
    process.exit(7);
  });`,
  'a handler that runs once': (signal, withDrain) => `process.once('${signal}', async () => {
    await cleanUp();
    process.exitCode = 7;
    ${withDrain ? '' : 'await close();'}
  });`,
  'a handler that removes itself and sends the signal again': (signal) => `
  const handle = async () => {
    process.off('${signal}', handle);
    await cleanUp();
    // Its other work goes on, so that nothing but the signal ends it.
    setInterval(() => undefined, 1000);
    process.kill(process.pid, '${signal}');
    setImmediate(() => say('is still there'));
  };
  process.on('${signal}', handle);`,
};

/** A real process that serves, and is to end by a signal. */
export class EndingProcess {
  readonly url: string;
  /** What it has said so far. */
  readonly said: readonly string[];
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #ended: Promise<Ending>;

  private constructor(child: ChildProcess, url: string, pid: number, said: readonly string[]) {
    this.#child = child;
    this.url = url;
    this.#pid = pid;
    this.said = said;
    this.#ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  }

  /** @param as `first`: as PID 1 of a container. */
  static async start(program: string, as: 'usual' | 'first' = 'usual'): Promise<EndingProcess> {
    const script = `${setUp}${program}
      console.log('started ' + url + ' ' + (process.platform === 'linux' ? readlinkSync('/proc/self') : process.pid));`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    const container = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
    const [command = '', ...args] = as === 'first' ? [...container, ...node] : node;
    const env = { ...process.env, NODE_NO_WARNINGS: '1' };
    const child = spawn(command, args, { cwd: root, env, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const said: string[] = [];
    return new Promise((resolve) => {
      lines.on('line', (line) => {
        const [, url, pid] = /^started (\S+) (\d+)$/.exec(line) ?? [];
        if (url === undefined) said.push(line);
        else resolve(new EndingProcess(child, url, Number(pid), said));
      });
    });
  }

  send(signal: Signal): void {
    process.kill(this.#pid, signal);
  }

  /** Waits until it has said this. */
  async hears(line: string): Promise<void> {
    await until(() => this.said.includes(line));
  }

  /** What it answers to the question whether it is ready. */
  async readiness(): Promise<number> {
    return (await ask(this.url.replace('/metrics', '/-/ready'))).status;
  }

  /** Waits until it drains. */
  async isDraining(): Promise<void> {
    await until(async () => (await this.readiness()) === 503);
  }

  /** Waits until its server listens no more. */
  async hasClosed(): Promise<void> {
    await until(() =>
      ask(this.url).then(
        () => false,
        ({ code }) => code === 'ECONNREFUSED',
      ),
    );
  }

  /** Lets its clean-up finish. */
  release(): void {
    this.#child.stdin?.on('error', () => undefined).write('go on\n');
  }

  ended(): Promise<Ending> {
    return this.#ended;
  }

  /** How it has ended, or that it goes on. */
  async outcome(): Promise<Ending | 'goes on'> {
    return Promise.race([this.#ended, this.hears('is still there').then(() => 'goes on' as const)]);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Starts the processes of the suite that calls it, and ends each after its test. */
export function startInSuite(): typeof EndingProcess.start {
  const running: EndingProcess[] = [];
  afterEach(() => Promise.all(running.splice(0).map((one) => one.stop())));
  return async (...given) => {
    const started = await EndingProcess.start(...given);
    running.push(started);
    return started;
  };
}
