/** Where a command writes: lines for people or programs, and lines about what went wrong. */
export interface Terminal {
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** A subcommand of `flowplane-metrics`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Gives the exit code. Throws `UsageError`, or what `parseArgs` throws, for arguments that it does not take. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** Arguments that a command does not take; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
