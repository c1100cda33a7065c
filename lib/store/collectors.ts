import { SharedRuns, type SharedWork } from '../async/shared-runs.js';

/** Observes that a metric's collector gave nothing, and why. */
export type OnCollectorFailed = (metric: string, cause: unknown) => void;

/**
 * Runs what computes values at a scrape, all under one rule: a collector that throws, rejects or takes too long costs only its
 * own metric. Scrapes at the same time share a run, and each waits for it no longer than its own limit.
 */
export class Collectors {
  readonly #runs = new SharedRuns();
  readonly #onFailed: OnCollectorFailed;

  constructor(onFailed: OnCollectorFailed) {
    this.#onFailed = onFailed;
  }

  /** Whether a collector asks, directly or by what it has called: then what is there must do as an answer. */
  get isAsking(): boolean {
    return this.#runs.isInside;
  }

  /** Whether this collector is running. */
  isRunning(key: object): boolean {
    return this.#runs.isRunning(key);
  }

  /**
   * What a collector gives; `undefined`, after a report, if it fails or takes longer than `seconds`.
   *
   * @param key identifies the collector while it runs.
   */
  async run<T>(key: object, metric: string, collect: SharedWork<T>, seconds: number): Promise<Awaited<T> | undefined> {
    try {
      return await this.#runs.join(key, collect, seconds);
    } catch (cause) {
      this.#onFailed(metric, cause);
      return undefined;
    }
  }
}

/** Runs collectors: what the readers of other registries need. */
export type CollectorRuns = Pick<Collectors, 'isAsking' | 'isRunning' | 'run'>;
