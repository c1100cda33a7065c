import { fourFifths } from './bounds-watch.js';

/** Hears, once each, that four fifths of a budget are used, and that something did not fit. */
export interface SampleLimitWatch {
  filling(): void;
  full(): void;
}

/** How many samples all families of a recorder may expose together. */
export class SampleLimit {
  readonly most: number;
  readonly #watch: SampleLimitWatch;
  #used = 0;
  #wasFilling = false;
  #wasFull = false;

  constructor(most: number, watch: SampleLimitWatch) {
    this.most = most;
    this.#watch = watch;
  }

  /** Takes so many more, unless that is more than there may be; says whether it has. */
  take(samples: number): boolean {
    if (this.#used + samples > this.most) {
      if (!this.#wasFull) this.#watch.full();
      this.#wasFull = true;
      return false;
    }
    this.#used += samples;
    if (!this.#wasFilling && this.#used >= fourFifths(this.most)) {
      this.#wasFilling = true;
      this.#watch.filling();
    }
    return true;
  }

  giveBack(samples: number): void {
    this.#used -= samples;
  }
}
