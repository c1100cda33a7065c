import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { programs } from '../programs.js';
import type { Printed } from './snippets.js';

/** A program, and the folder that it is run in. */
interface Task {
  readonly script: string;
  readonly folder: string;
}

// Why from there: it is the copy of the package that the programs have.
const { setDefaultRecorder } = createRequire(join(programs, 'any.js'))('flowplane-metrics');
const tasks = JSON.parse(process.argv.pop() as string) as Task[];
const printed: Printed[] = [];
let current = { output: '', errors: '' };
let isLoading = false;

/** Puts what is written to a stream into what the running program has printed. */
function capture(stream: 'stdout' | 'stderr', into: 'output' | 'errors'): void {
  process[stream].write = (text: string | Uint8Array, ...rest: unknown[]): boolean => {
    current[into] += text.toString();
    const written = rest.find((one) => typeof one === 'function');
    if (written !== undefined) process.nextTick(written);
    return true;
  };
}

capture('stdout', 'output');
capture('stderr', 'errors');
process.on('warning', ({ name, message }) => {
  current.errors += `${name}: ${message}\n`;
});
process.on('uncaughtException', (error) => {
  current.errors += `${error.stack}\n`;
});

async function run({ script, folder }: Task): Promise<void> {
  setDefaultRecorder(undefined);
  process.chdir(folder);
  isLoading = true;
  try {
    await import(pathToFileURL(script).href);
  } catch (error) {
    current.errors += `${(error as Error).stack}\n`;
  }
  isLoading = false;
}

// Why then: a program has ended when nothing is left that could run, as it would in a process of its own.
process.on('beforeExit', () => {
  if (isLoading) current.errors += 'a top-level await never settles\n';
  const task = tasks[printed.length];
  if (task === undefined) return;
  current = { output: '', errors: '' };
  printed.push(current);
  // Why not at once: Node fires the event again only if something has been waited for.
  setImmediate(() => void run(task));
});
process.on('exit', () => writeSync(1, JSON.stringify(printed)));
