/** The size of a token bucket: one request per interval, and `burst` at once. */
export interface Rate {
  readonly intervalSeconds: number;
  readonly burst: number;
}

/** A token bucket for all clients together, as exporter-toolkit has it. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #refilledAt = performance.now();

  constructor({ intervalSeconds, burst }: Rate) {
    this.#perSecond = 1 / intervalSeconds;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes a token. Returns `false` where the bucket is empty. */
  take(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) / 1000) * this.#perSecond);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
