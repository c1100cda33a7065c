/** What one poll has brought, and what it has cost. */
export interface Poll<T> {
  readonly content: T;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** What a poller asks, and tells. */
export interface PollerEvents<T> {
  /** The time between two polls, in milliseconds. */
  readonly everyMs: number;
  /** The media type of the answers. */
  readonly accept: string;
  /** Where to ask now, relative to the page; `undefined` where nobody wants to know anything. */
  readonly locate: () => string | undefined;
  /** Reads an answer. Throws where it is malformed. */
  readonly read: (bytes: Uint8Array) => T;
  readonly onPoll: (poll: Poll<T>, nextInMs: number) => void;
  readonly onFailure?: (reason: string, nextInMs: number) => void;
}

const longestPauseMs = 60_000;
/** A poll is followed by a pause of this many times its own length, so that a service that is slow has less to do. */
const restFactor = 20;
/** No more than so many bytes are read per millisecond, on average. */
const bytesPerMs = 100;

/** Asks for the same again and again, one poll at a time, while the page is visible and somebody wants to know. */
export class Poller<T> {
  readonly #events: PollerEvents<T>;
  #isPaused = false;
  #failures = 0;
  #wake = (): void => undefined;

  constructor(events: PollerEvents<T>) {
    this.#events = events;
    document.addEventListener('visibilitychange', () => this.wake());
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    this.wake();
  }

  /** Looks at once whether there is something to read. */
  wake(): void {
    this.#wake();
  }

  /** Polls until the page is left. */
  async run(): Promise<never> {
    for (;;) {
      const path = this.#locate();
      // Why no timer here: a page that nobody sees has nothing to do.
      await this.#waitFor(path === undefined ? undefined : await this.#poll(path));
    }
  }

  #locate(): string | undefined {
    return document.visibilityState === 'visible' && !this.#isPaused ? this.#events.locate() : undefined;
  }

  /** Waits, and no longer than until somebody wakes it. */
  #waitFor(milliseconds: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Polls once; returns the milliseconds until the next poll. */
  async #poll(path: string): Promise<number> {
    const { accept, everyMs, read, onPoll } = this.#events;
    const start = performance.now();
    try {
      const response = await fetch(path, { headers: { Accept: accept }, cache: 'no-store' });
      if (!response.ok) return this.#fail(`${response.status} ${response.statusText}`.trim());
      const bytes = new Uint8Array(await response.arrayBuffer());
      const milliseconds = performance.now() - start;
      const poll = { content: read(bytes), time: Date.now() / 1000, bytes: bytes.length, milliseconds };
      this.#failures = 0;
      const next = Math.min(longestPauseMs, Math.max(everyMs, milliseconds * restFactor, bytes.length / bytesPerMs));
      onPoll(poll, next);
      return next;
    } catch (error) {
      return this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Why slower each time: a service that refuses, or is gone, must not be asked more than that. */
  #fail(reason: string): number {
    this.#failures += 1;
    const next = Math.min(longestPauseMs, this.#events.everyMs * 2 ** this.#failures);
    this.#events.onFailure?.(reason, next);
    return next;
  }
}
