/** Says which collector gave nothing, and why. */
export type CollectorFailed = (metric: string, cause: unknown) => void;

/**
 * Runs what computes values at a scrape, all under the same rule: one that throws, rejects or takes too long costs only its
 * own metric. One that is still running is not started again: the next scrape waits for the same run.
 */
export class Collection {
  readonly #running = new Map<object, Promise<unknown>>();
  readonly #failed: CollectorFailed;

  constructor(failed: CollectorFailed) {
    this.#failed = failed;
  }

  /** What the collector gives; `undefined` where it fails or does not come to an end in time, which is told. */
  async of<T>(collector: object, metric: string, collect: () => T, seconds: number): Promise<Awaited<T> | undefined> {
    const running = this.#running.get(collector) ?? this.#start(collector, collect);
    try {
      return await withinSeconds(running as Promise<Awaited<T>>, seconds);
    } catch (cause) {
      this.#failed(metric, cause);
      return undefined;
    }
  }

  #start(collector: object, collect: () => unknown): Promise<unknown> {
    const running = (async () => collect())();
    const done = (): void => {
      this.#running.delete(collector);
    };
    this.#running.set(collector, running);
    running.then(done, done);
    return running;
  }
}

async function withinSeconds<T>(promise: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
