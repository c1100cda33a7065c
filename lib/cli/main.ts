#!/usr/bin/env node
import { loadModulesCommand } from './catalogue/module-report.js';
import type { Output } from './command.js';

const output: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** Keeps the program from ending with the stack of an error where nobody reads what it writes, or there is no room for it. */
function guardOutput(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // Why not the end: a reader such as `head` has what it wants, and the exit code still says how the command went.
    if (code === 'EPIPE') return;
    output.err(`flowplane-metrics: the output cannot be written (given ${code}). Make room, or write it elsewhere.\n`);
    process.exit(2);
  });
  process.stderr.on('error', () => undefined);
}

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

// Why imported then: the process of the modules is started often, and needs no command.
async function main(args: readonly string[]): Promise<number> {
  if (args[0] === loadModulesCommand && process.connected) {
    const { loadModules } = await import('./catalogue/load-modules.js');
    return loadModules();
  }
  guardOutput();
  const { runCommand } = await import('./commands.js');
  return runCommand(args, output);
}

// Why exit: a module of the catalogue may have opened something that keeps the process running.
void main(process.argv.slice(2)).then(async (code) => {
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code);
});
