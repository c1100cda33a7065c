import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { program, shippedProgram } from './entries.js';

/** What a run of the program has given. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

// Why its exit is replaced: to start a thread for each of many runs takes ten times as long as the runs themselves.
const script = `
  const { parentPort, workerData: { program, url } } = require('node:worker_threads');
  let count = 0;
  async function run(args) {
    const run = { code: undefined, out: '', err: '' };
    const writeTo = (stream) => (text, callback) => { run[stream] += text; callback?.(); return true; };
    process.stdout.write = writeTo('out');
    process.stderr.write = writeTo('err');
    process.argv = [process.execPath, program, ...args];
    const ended = new Promise((resolve) => { process.exit = resolve; });
    await import(url + '?run=' + count++);
    run.code = await ended;
    // Why: each run listens anew, and a process of its own would be gone by now.
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
    return run;
  }
  parentPort.on('message', async (commands) => {
    const runs = [];
    for (const args of commands) runs.push(await run(args));
    parentPort.postMessage(runs);
  });`;

/** How long the thread waits for more commands. */
const idleMs = 300;

let thread: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Runs the real program with each of these arguments, one after the other in one thread. */
export function runAll(commands: readonly (readonly string[])[]): Promise<Run[]> {
  const runs = last.then(() => runInThread(commands));
  last = runs.catch(() => undefined);
  return runs;
}

async function runInThread(commands: readonly (readonly string[])[]): Promise<Run[]> {
  clearTimeout(idle);
  // Why kept for a while: it loads the program once for all the commands of a file of specs.
  // Why the shipped program: what a command starts is that, and loads faster.
  const workerData = { program: shippedProgram, url: pathToFileURL(program).href };
  thread ??= new Worker(script, { eval: true, workerData, execArgv: [], env: SHARE_ENV });
  try {
    thread.postMessage(commands);
    const [runs] = (await once(thread, 'message')) as [Run[]];
    idle = setTimeout(endThread, idleMs);
    return runs;
  } catch (error) {
    await endThread();
    throw error;
  }
}

async function endThread(): Promise<void> {
  const ended = thread?.terminate();
  thread = undefined;
  await ended;
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
