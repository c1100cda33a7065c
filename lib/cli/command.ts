/** Where a command writes to. */
export interface Output {
  /** What was asked for. */
  out(text: string): void;
  /** What went wrong, and what to do. */
  err(text: string): void;
}

/** One command of the command line. */
export interface Command {
  /** How it is called, after the program's name. */
  readonly usage: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Gives the exit code: 0 where all is well, 1 where what was checked is not, 2 where it was called wrongly. */
  run(args: readonly string[], output: Output): Promise<number>;
}
