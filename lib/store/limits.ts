import type { LabelGuard } from './label-guard.js';
import type { SensitivePattern } from './redaction.js';

/** How many samples the families of a recorder may expose together if the recorder does not say otherwise. */
export const defaultMaxSamples = 100_000;

/** How many series or values make a limit nearly reached: four fifths. */
export const warningLevel = (max: number): number => Math.ceil(max * 0.8);

/** Whether four fifths of a limit are used. */
export const isNearlyReached = (used: number, max: number): boolean => used > 0 && used >= warningLevel(max);

/** A limit of a family's series or, if it names a label, of that label's values. */
export interface Limit {
  readonly label?: string;
  /** How many there may be; of a label with `oneOf`, how many it lists. */
  readonly max: number;
  /** The family's labels, with the values that they have. */
  readonly guards: ReadonlyMap<string, LabelGuard>;
}

/**
 * Observes what the limits of a family do to its observations. A method may be called again for the same limit or label:
 * series come and go.
 */
export interface LimitsWatch {
  /** Four fifths of the limit are used. */
  onNearlyReached(limit: Limit): void;
  /** Something did not fit. `outside` is the label value, if there is one. */
  onExceeded(limit: Limit, outside?: string): void;
  /** A label had a value that looks like this, and is not exposed. */
  onSensitive(label: string, pattern: SensitivePattern): void;
}

/** Observes the sample limit of a recorder. Each method is called once. */
export interface SampleLimitWatch {
  /** Four fifths of the limit are used. */
  onNearlyReached(): void;
  /** Something did not fit. */
  onExceeded(): void;
}

/** Limits how many samples all families of a recorder expose together. */
export class SampleLimit {
  readonly max: number;
  readonly #watch: SampleLimitWatch;
  readonly #nearly: number;
  #used = 0;
  #wasNearlyReached = false;
  #wasExceeded = false;

  constructor(max: number, watch: SampleLimitWatch) {
    this.max = max;
    this.#nearly = warningLevel(max);
    this.#watch = watch;
  }

  /** How many samples are taken. */
  get used(): number {
    return this.#used;
  }

  /** Takes this many samples, unless that is more than there may be; returns whether it took them. */
  take(samples: number): boolean {
    if (!this.borrow(samples)) return false;
    if (this.#used >= this.#nearly && !this.#wasNearlyReached) this.#nearlyReach();
    return true;
  }

  /** The same, without advice where the limit is nearly reached: whether the samples will be exposed is not known yet. */
  borrow(samples: number): boolean {
    const used = this.#used + samples;
    if (used > this.max) {
      this.#exceed();
      return false;
    }
    this.#used = used;
    return true;
  }

  giveBack(samples: number): void {
    this.#used -= samples;
  }

  /** A limit for series that are to replace others, which have this many samples. */
  forReplacement(replaced: number): ReplacementLimit {
    return new ReplacementLimit(this, replaced);
  }

  /** Puts this many samples in the place of others. */
  replace(samples: number, replaced: number): void {
    this.#used += samples - replaced;
    if (this.#used >= this.#nearly && !this.#wasNearlyReached) this.#nearlyReach();
  }

  #nearlyReach(): void {
    this.#wasNearlyReached = true;
    this.#watch.onNearlyReached();
  }

  #exceed(): void {
    if (!this.#wasExceeded) this.#watch.onExceeded();
    this.#wasExceeded = true;
  }
}

/**
 * Limits series that are prepared to replace others: they may have the samples of those, and borrow what else is left.
 *
 * Why borrowed: several gauges are prepared at the same time, in slices, and each would take all that is left.
 */
export class ReplacementLimit extends SampleLimit {
  readonly #limit: SampleLimit;
  #free: number;
  #borrowed = 0;

  constructor(limit: SampleLimit, replaced: number) {
    super(Infinity, { onNearlyReached: () => undefined, onExceeded: () => undefined });
    this.#limit = limit;
    this.#free = replaced;
  }

  override take(samples: number): boolean {
    const more = Math.max(0, samples - this.#free);
    if (more > 0 && !this.#limit.borrow(more)) return false;
    this.#free -= samples - more;
    this.#borrowed += more;
    return true;
  }

  /** Gives back what was borrowed: the series are used from now on, or not at all. */
  end(): void {
    this.#limit.giveBack(this.#borrowed);
    this.#borrowed = 0;
  }
}
