/** Where progress is written, and when. */
export interface Terminal {
  readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  /** How many milliseconds pass before the first word. */
  readonly quietMs: number;
}

/** A command that has run for two seconds makes a person wait. */
const longRunMs = 2000;

// Why by the age of the process: a command has several activities, and the person waits for all of them.
const standardError = (): Terminal => ({ stream: process.stderr, quietMs: longRunMs - performance.now() });

/**
 * Says on a terminal what a command does, from the time on when the command takes long. The line is gone when the work
 * has ended.
 */
export async function withProgress<T>(
  activity: string,
  work: () => T | Promise<T>,
  { stream, quietMs }: Terminal = standardError(),
): Promise<T> {
  if (!stream.isTTY) return work();
  let isWritten = false;
  const say = (): void => {
    isWritten = true;
    stream.write(`\r\x1b[K${activity} …`);
  };
  const timer = quietMs > 0 ? setTimeout(say, quietMs) : say();
  try {
    return await work();
  } finally {
    clearTimeout(timer ?? undefined);
    if (isWritten) stream.write('\r\x1b[K');
  }
}
