/** Where a command writes. */
export interface Output {
  /** Writes what the user asked for. */
  out(text: string): void;
  /** Writes what went wrong, and what to do. */
  err(text: string): void;
}

/** One command of the command line. */
export interface Command {
  /** The command and its arguments, as they follow the name of the program. */
  readonly usage: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What \`--help\` prints: the usage, every option with its default, and the exit codes. */
  readonly help: string;
  /** Returns the exit code: 0 for success, 1 where a check failed, 2 where the arguments are wrong. */
  run(args: readonly string[], output: Output): Promise<number>;
}
