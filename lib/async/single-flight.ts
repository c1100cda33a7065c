/**
 * Runs work at most once at a time for each key: a call that comes while the work of its key is running gets the promise of
 * that run. The next call after the run has settled starts a new one.
 */
export class SingleFlight<Key, Result> {
  readonly #flights = new Map<Key, Promise<Result>>();

  /** The result of the run of this key that is going on, or of a new one, which starts before this returns. */
  run(key: Key, work: () => Result | PromiseLike<Result>): Promise<Result> {
    const running = this.#flights.get(key);
    if (running !== undefined) return running;
    let settleWith: (result: Promise<Result>) => void = () => undefined;
    const flight = new Promise<Result>((resolve) => {
      settleWith = resolve;
    });
    // Why before the work begins: work that asks for its own key again must find this run instead of starting another.
    this.#flights.set(key, flight);
    settleWith(this.#fly(key, work));
    return flight;
  }

  async #fly(key: Key, work: () => Result | PromiseLike<Result>): Promise<Result> {
    const running = new Promise<Result>((resolve) => resolve(work()));
    try {
      return await running;
    } finally {
      this.#flights.delete(key);
    }
  }
}

/** The same work, run at most once at a time: calls that come meanwhile share its result. */
export function singleFlight<Result>(work: () => Result | PromiseLike<Result>): () => Promise<Result> {
  const flight = new SingleFlight<undefined, Result>();
  return () => flight.run(undefined, work);
}
