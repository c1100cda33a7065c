import type { ServerResponse } from 'node:http';
import type { EndpointMetrics } from './endpoint-metrics.js';

/** The scrapes that are being answered: at most so many at once, each counted when it ends. */
export class ScrapesInFlight {
  readonly #most: number;
  readonly #metrics: EndpointMetrics;
  #count = 0;
  #awaited: (() => void)[] = [];

  constructor(most: number, metrics: EndpointMetrics) {
    this.#most = most;
    this.#metrics = metrics;
  }

  /** Takes this one in, if there is room. */
  enter(response: ServerResponse): boolean {
    if (this.#count >= this.#most) return false;
    this.#count++;
    this.#metrics.scrapeBegan();
    const began = performance.now();
    const awaited = this.#awaited;
    response.once('close', () => {
      this.#count--;
      const code = response.writableFinished ? response.statusCode : 'aborted';
      const contentType = String(response.getHeader('Content-Type') ?? '');
      this.#metrics.scrapeEnded(code, contentType, (performance.now() - began) / 1000);
      if (code === 200 && response.req.method === 'GET') for (const resolve of awaited.splice(0)) resolve();
    });
    return true;
  }

  /** Resolves once a scrape that has not begun yet is served in full. */
  nextServed(): Promise<void> {
    // Why a list anew: those in flight close over the one before.
    const before = this.#awaited;
    this.#awaited = [];
    return new Promise((resolve) => {
      this.#awaited.push(resolve, ...before);
    });
  }
}
