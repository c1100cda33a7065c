import type { MetricsServerOptions } from './config/options.js';

/** How many seconds a drain waits where the option `drain` gives no other number. */
export const defaultDrainSeconds = 25;

/** The deadline of a drain by SIGTERM; `undefined` where the server leaves SIGTERM to the application. */
export function drainSeconds({ drain }: MetricsServerOptions): number | undefined {
  if (drain === undefined || drain === false) return undefined;
  return drain === true ? defaultDrainSeconds : drain.deadlineSeconds;
}

/**
 * Runs this at the first SIGTERM. Then the process ends by that signal, as it would have without us, unless another
 * listener is there. A second SIGTERM ends it at once.
 *
 * @returns the function that removes the listener.
 */
export function onTermination(run: () => Promise<void>): () => void {
  const terminate = async (): Promise<void> => {
    await run();
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  };
  process.once('SIGTERM', terminate);
  return () => process.removeListener('SIGTERM', terminate);
}
