import type { MetricsServerOptions } from './config/server-options.js';

/** How long a drain waits where nothing else is said. */
export const defaultDrainSeconds = 25;

/** After so many seconds nobody is waited for any more; `undefined` where SIGTERM is none of the server's business. */
export function drainSeconds({ drain }: MetricsServerOptions): number | undefined {
  if (drain === undefined || drain === false) return undefined;
  return drain === true ? defaultDrainSeconds : drain.deadlineSeconds;
}

/** Resolves with the promise, or after so many seconds. Keeps the process running until then. */
export async function orAfter(seconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([promise, deadline]);
  clearTimeout(timer);
}

/**
 * Has this run at the first SIGTERM. Afterwards the process ends by that signal, as it would have, unless somebody else
 * listens for it too; a second SIGTERM does not wait.
 *
 * @returns what takes it back.
 */
export function onTermination(run: () => Promise<void>): () => void {
  const terminate = async (): Promise<void> => {
    await run();
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  };
  process.once('SIGTERM', terminate);
  return () => process.removeListener('SIGTERM', terminate);
}
