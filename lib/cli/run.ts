import type { Command, Terminal } from './command.js';
import { UsageError } from './command.js';

/** Runs the subcommand that the arguments name; gives the exit code, 2 for arguments that nobody takes. */
export async function run(
  commands: Readonly<Record<string, Command>>,
  [name = '--help', ...args]: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (name === '--help' || name === '-h') {
    terminal.print(usageOf(commands));
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    terminal.complain(`There is no command "${name}".\n${usageOf(commands)}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(command.usage);
    return 0;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    if (!isUsage(error)) throw error;
    terminal.complain(`${error.message}\n${command.usage}`);
    return 2;
  }
}

const usageOf = (commands: Readonly<Record<string, Command>>): string =>
  [
    'Usage: flowplane-metrics <command> [options]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`),
    '',
    'flowplane-metrics <command> --help says more.',
  ].join('\n');

const isUsage = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof Error && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS'));
