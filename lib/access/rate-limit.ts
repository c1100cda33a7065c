/** A token bucket: one request per interval, and so many at once. */
export interface Rate {
  readonly intervalSeconds: number;
  readonly burst: number;
}

/** A token bucket, as that of exporter-toolkit: one for all clients together. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at = performance.now();

  constructor({ intervalSeconds, burst }: Rate) {
    this.#perSecond = 1 / intervalSeconds;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes a token, if there is one. */
  take(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
