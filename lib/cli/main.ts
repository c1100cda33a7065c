#!/usr/bin/env node
import { formatThrown } from '../error.js';
import { catalogueCommand } from './catalogue/catalogue-command.js';
import { loadModules, loadModulesCommand } from './catalogue/load-modules.js';
import { checkCommand } from './check/check-command.js';
import type { Command, Output } from './command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { rulesCommand } from './rules/rules-command.js';

const commands: Readonly<Record<string, Command>> = {
  catalogue: catalogueCommand,
  check: checkCommand,
  doctor: doctorCommand,
  rules: rulesCommand,
};

const usage = [
  'flowplane-metrics <command>',
  ...Object.values(commands).map((command) => `\n  ${command.usage}\n      ${command.summary}`),
  '',
].join('\n');

async function main([name = '', ...args]: readonly string[], output: Output): Promise<number> {
  if (name === loadModulesCommand && process.connected) return loadModules();
  if (['', 'help', '--help', '-h'].includes(name)) {
    output.out(usage);
    return name === '' ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    output.err(`flowplane-metrics: command "${name}" is unknown (known: ${Object.keys(commands).join(', ')}).\n`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    output.out(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args, output);
  } catch (error) {
    output.err(`flowplane-metrics ${name}: ${formatThrown(error)}\n`);
    return 2;
  }
}

const output: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

const flush = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

// Why exit: a module of the catalogue may have opened something that keeps the process running.
void main(process.argv.slice(2), output).then(async (code) => {
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(code);
});
