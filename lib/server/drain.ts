import type { MetricsServerOptions } from './config/options.js';

/** How many seconds a drain waits where the option `drain` gives no other number. */
export const defaultDrainSeconds = 25;

/** The deadline of a drain by a signal; `undefined` where the server leaves signals to the application. */
export function drainSeconds({ drain }: MetricsServerOptions): number | undefined {
  if (drain === undefined || drain === false) return undefined;
  return drain === true ? defaultDrainSeconds : drain.deadlineSeconds;
}
