// Why: a timer of Node that is to wait longer fires at once.
const maxMilliseconds = 2 ** 31 - 1;

/**
 * Settles as the promise does. If that takes longer than this many seconds, it settles as `onTimeout` does: with what it
 * returns, or with what it throws. Keeps the process running until then.
 */
export async function withTimeout<Result, Late>(
  promise: PromiseLike<Result>,
  seconds: number,
  onTimeout: () => Late,
): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(seconds * 1000, maxMilliseconds));
  }).then(onTimeout);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
