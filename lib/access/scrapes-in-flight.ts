import type { ServerResponse } from 'node:http';

/** A scrape that has ended. */
export interface EndedScrape {
  /** The status code, or `aborted` where the client went away first. */
  readonly code: number | 'aborted';
  /** The name of the format that was negotiated; `undefined` where none was. */
  readonly format: string | undefined;
  readonly seconds: number;
}

/** Observes the scrapes that were admitted. */
export interface ScrapeObserver {
  scrapeStarted(): void;
  scrapeEnded(scrape: EndedScrape): void;
}

/** The place of one scrape among those in flight. */
export interface AdmittedScrape {
  /** The name of the negotiated format. The route that answers the scrape sets it. */
  format: string | undefined;
}

/** Admits scrapes: a limited number may be in flight at a time. */
export class ScrapesInFlight {
  readonly #max: number;
  readonly #observer: ScrapeObserver;
  #count = 0;
  #waiting: (() => void)[] = [];

  constructor(max: number, observer: ScrapeObserver) {
    this.#max = max;
    this.#observer = observer;
  }

  /** Admits a scrape until its response closes. Returns `undefined` where the limit is reached. */
  acquire(response: ServerResponse): AdmittedScrape | undefined {
    if (this.#count >= this.#max) return undefined;
    this.#count++;
    this.#observer.scrapeStarted();
    const scrape: AdmittedScrape = { format: undefined };
    const startedAt = performance.now();
    const waiting = this.#waiting;
    const end = (): void => {
      this.#count--;
      const code = response.writableFinished ? response.statusCode : 'aborted';
      // Why not below 0: a test may put a fake clock in the place of the real one during a scrape.
      const seconds = Math.max(0, performance.now() - startedAt) / 1000;
      this.#observer.scrapeEnded({ code, format: scrape.format, seconds });
      if (code === 200 && response.req.method === 'GET') for (const resolve of waiting.splice(0)) resolve();
    };
    // Why: a client can go away while its password is compared. Its response is closed then, and emits nothing any more.
    if (response.destroyed) end();
    else response.once('close', end);
    return scrape;
  }

  /** Resolves when a scrape that starts after this call has been answered in full. */
  waitForNextSuccess(): Promise<void> {
    // Why: each scrape in flight holds the list of its start, so a new list excludes them.
    const earlier = this.#waiting;
    this.#waiting = [];
    return new Promise((resolve) => {
      this.#waiting.push(resolve, ...earlier);
    });
  }
}
