import { formatThrown } from '../error.js';
import { suggestNearest } from '../nearest-name.js';
import { version } from '../version.js';
import { catalogueCommand } from './catalogue/catalogue-command.js';
import { checkCommand } from './check/check-command.js';
import type { Command, Output } from './command.js';
import { dashboardCommand } from './dashboard/dashboard-command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { rulesCommand } from './rules/rules-command.js';

const commands: Readonly<Record<string, Command>> = {
  catalogue: catalogueCommand,
  check: checkCommand,
  dashboard: dashboardCommand,
  doctor: doctorCommand,
  rules: rulesCommand,
};

const usage = [
  'flowplane-metrics <command>',
  ...Object.values(commands).map((command) => `\n  ${command.usage}\n      ${command.summary}`),
  '\n  --version\n      Prints the version of the package.',
  '',
].join('\n');

/** Runs the command that the arguments of the program name; gives the exit code. */
export async function runCommand([name = '', ...args]: readonly string[], output: Output): Promise<number> {
  if (['', 'help', '--help', '-h'].includes(name)) {
    output.out(usage);
    return name === '' ? 2 : 0;
  }
  if (['version', '--version', '-v', '-V'].includes(name)) {
    output.out(`${version}\n`);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(commands);
    const remedy = suggestNearest(name, known, 'Write one of these first.');
    output.err(`flowplane-metrics: command "${name}" is unknown (known: ${known.join(', ')}). ${remedy}\n`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    output.out(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args, output);
  } catch (error) {
    output.err(`flowplane-metrics ${name}: ${withoutSite(formatThrown(error), name)}\n`);
    return 2;
  }
}

/** Why: what a package is needed for is said by the name of the command, which stands before it already. */
const withoutSite = (message: string, site: string): string =>
  message.startsWith(`${site}: `) ? message.slice(site.length + 2) : message;
