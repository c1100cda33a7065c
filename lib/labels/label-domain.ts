import type { DropReason } from '../definition/drop-reason.js';
import type { LabelPolicy } from '../definition/label-policy.js';
import { labelText } from './label-text.js';

/** A value that was not admitted, and why. */
export interface Refusal {
  readonly refused: DropReason;
}

/** Turns a value into the one that is exposed. */
export type Disguise = (text: string) => string;

const other = 'other';

/**
 * The values of one label of one family in one recorder: admits a raw value under the label's policy.
 *
 * Everything here happens at the first sight of a label set; a known one never gets here.
 */
export class LabelDomain {
  readonly #policy: LabelPolicy;
  readonly #closed: ReadonlySet<string> | undefined;
  readonly #disguise: Disguise | undefined;
  readonly #kept = new Map<string, string>();

  constructor(policy: LabelPolicy, disguise: Disguise | undefined) {
    this.#policy = policy;
    this.#closed = policy.oneOf && new Set(policy.oneOf);
    this.#disguise = disguise;
  }

  /**
   * The label value that this raw one becomes.
   *
   * @param folds whether a value outside the domain becomes `other` rather than being refused.
   */
  admit(raw: unknown, folds: boolean): string | Refusal {
    const text = labelText(raw);
    if (text === undefined) return { refused: 'label_type' };
    if (text === '') return text;
    const value = this.#disguise === undefined ? text : this.#disguise(text);
    if (!this.#isOutside(value)) return value;
    return folds ? other : { refused: 'overflow' };
  }

  /** The label value that a raw one is exposed as, whatever the domain; one that is never a label is `undefined`. */
  exposed(raw: unknown): string | undefined {
    const text = labelText(raw);
    return text === undefined || text === '' || this.#disguise === undefined ? text : this.#disguise(text);
  }

  /**
   * Remembers an admitted value that a series has, and gives the one string object that all series share.
   *
   * Why apart from `admit`: what no series has must not be remembered, or fresh values without end would fill the memory.
   */
  keep(value: string): string {
    if (value === '' || value === other) return value;
    const kept = this.#kept.get(value);
    if (kept !== undefined) return kept;
    this.#kept.set(value, value);
    return value;
  }

  /** Forgets what the series had that are gone. */
  forget(): void {
    this.#kept.clear();
  }

  #isOutside(value: string): boolean {
    if (this.#closed !== undefined) return !this.#closed.has(value);
    const { limit } = this.#policy;
    return limit !== undefined && this.#kept.size >= limit && !this.#kept.has(value) && value !== other;
  }
}
