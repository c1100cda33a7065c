import { SingleFlight } from '../async/single-flight.js';
import { withTimeout } from '../async/timeout.js';

/** Observes that a metric's collector gave nothing, and why. */
export type OnCollectorFailed = (metric: string, cause: unknown) => void;

/**
 * Runs what computes values at a scrape, all under one rule: a collector that throws, rejects or takes too long costs only its
 * own metric. A collector that is still running is not started again: the next scrape waits for the same run.
 */
export class Collectors {
  readonly #running = new SingleFlight<object, unknown>();
  readonly #onFailed: OnCollectorFailed;

  constructor(onFailed: OnCollectorFailed) {
    this.#onFailed = onFailed;
  }

  /**
   * What a collector gives; `undefined`, after a report, if it fails or takes longer than `seconds`.
   *
   * @param key identifies the collector while it runs.
   */
  async run<T>(key: object, metric: string, collect: () => T, seconds: number): Promise<Awaited<T> | undefined> {
    try {
      const running = this.#running.run(key, collect) as Promise<Awaited<T>>;
      return await withTimeout(running, seconds, () => {
        throw new Error(`it took longer than ${seconds} s`);
      });
    } catch (cause) {
      this.#onFailed(metric, cause);
      return undefined;
    }
  }
}
