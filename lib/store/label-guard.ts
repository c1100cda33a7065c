import type { DropReason } from '../error.js';
import type { LabelPolicy } from '../families/labels.js';
import { isOrdinary, labelText } from './label-text.js';
import { type SensitivePattern, sensitivePattern } from './sensitive.js';

/** What stands for a value that is not exposed itself, where the observation adds up; else the reason to drop it. */
export interface Substitute {
  readonly value?: string;
  readonly refused: DropReason;
}

/** Turns a value into the one that is exposed. */
export type LabelTransform = (text: string) => string;

/** Hears of what a label's policy does to its values, the first time of each. */
export interface LabelGuardEvents {
  /** A value did not fit the label's `oneOf` or `limit`. */
  outside?(value: string): void;
  /** A value that looks like this is not exposed. */
  sensitive?(pattern: SensitivePattern): void;
  /** The label has so many different values now. */
  grown?(size: number): void;
}

/** How a label's values are bounded and told of. */
export interface LabelGuardOptions {
  readonly disguise?: LabelTransform | undefined;
  /** How many raw values are remembered, those that are known from the start aside. */
  readonly most: number;
  readonly events?: LabelGuardEvents | undefined;
}

const substitutes = {
  other: { value: 'other', refused: 'overflow' },
  redacted: { value: 'redacted', refused: 'sensitive' },
  none: { refused: 'sensitive' },
  unlabelable: { refused: 'label_type' },
} as const satisfies Record<string, Substitute>;

/** Whether a label value stands for others, which may be told apart another time. */
export const isSubstitute = (value: string | undefined): boolean =>
  value === substitutes.other.value || value === substitutes.redacted.value;

/**
 * The values of one label of one family in one recorder: admits a raw value under the label's policy.
 *
 * Everything here happens at the first sight of a label set; a known one never gets here. What became of a raw value is
 * remembered, so that it is examined once; past so many of them, a fresh one is not examined any more.
 */
export class LabelGuard {
  readonly policy: LabelPolicy;
  readonly #disguise: LabelTransform | undefined;
  readonly #most: number;
  readonly #events: LabelGuardEvents;
  readonly #known = new Map<unknown, string | Substitute>();
  /** The different values that series have. */
  readonly #values = new Set<string>();
  #folded = 0;
  #wasOutside = false;
  readonly #redacted = new Map<SensitivePattern, number>();

  constructor(policy: LabelPolicy, { disguise, most, events = {} }: LabelGuardOptions) {
    this.policy = policy;
    this.#disguise = disguise;
    this.#most = most + (policy.oneOf?.length ?? 1);
    this.#events = events;
    this.#knowFromTheStart();
  }

  /** How many different values the series have, `other` and `redacted` aside. */
  get size(): number {
    return this.#values.size;
  }

  /** The different values that the series have, in the order of first sight. */
  values(): Iterable<string> {
    return this.#values;
  }

  /** Whether no further raw value will be examined. */
  get isFull(): boolean {
    return this.#known.size >= this.#most;
  }

  /** How often a fresh value has become `other`. */
  get folded(): number {
    return this.#folded;
  }

  /** How many fresh values were not exposed, by what they looked like. */
  get redacted(): ReadonlyMap<SensitivePattern, number> {
    return this.#redacted;
  }

  /** The label value that this raw one is known to become, be it for want of room; `undefined` where it must be admitted. */
  known(raw: unknown, allowOverflow: boolean): string | undefined {
    const verdict = this.#known.get(raw) ?? (this.#isPast(raw) ? this.#outside(raw) : undefined);
    if (typeof verdict === 'string' || verdict === undefined) return verdict;
    return allowOverflow ? verdict.value : undefined;
  }

  /**
   * The label value that this raw one becomes.
   *
   * @param allowOverflow whether a value that is not exposed may be counted under its substitute rather than being dropped.
   */
  admit(raw: unknown, allowOverflow: boolean): string | Substitute {
    const verdict = this.#known.get(raw) ?? this.#meet(raw);
    if (typeof verdict === 'string') return verdict;
    return allowOverflow ? (verdict.value ?? verdict) : verdict;
  }

  /** What this value is called where the family has no room for another one. */
  fold(value: string): string {
    if (value === '' || this.policy.oneOf !== undefined) return value;
    this.#folded++;
    return substitutes.other.value;
  }

  /** The label value that a raw one is exposed as, whatever the domain; one that is never a label is `undefined`. */
  exposed(raw: unknown): string | undefined {
    const text = labelText(raw);
    return text === undefined || text === '' || this.#disguise === undefined ? text : this.#disguise(text);
  }

  /** Counts an admitted value that a series has. */
  keep(value: string): void {
    if (value === '' || isSubstitute(value)) return;
    const before = this.#values.size;
    if (this.#values.add(value).size === before) return;
    if (this.#disguise === undefined) this.#known.set(value, value);
    this.#events.grown?.(before + 1);
  }

  /** Forgets what the series had that are gone. */
  forget(): void {
    this.#known.clear();
    this.#values.clear();
    this.#knowFromTheStart();
  }

  /** Remembers what takes no place: the values of a closed domain, and that by which others are called. */
  #knowFromTheStart(): void {
    for (const value of this.policy.oneOf ?? [substitutes.other.value]) this.#known.set(value, this.#disguised(value));
  }

  /** Whether this is a fresh value past so many that it is not examined: they may come without end, and must cost little. */
  #isPast(raw: unknown): raw is string {
    return this.isFull && isOrdinary(raw);
  }

  #meet(raw: unknown): string | Substitute {
    if (this.#isPast(raw)) return substitutes.other;
    const text = labelText(raw);
    if (text === undefined) return substitutes.unlabelable;
    if (text === '') return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.isFull) return this.#outside(text);
    const verdict = this.#examined(text);
    this.#known.set(text, verdict);
    return verdict;
  }

  #examined(text: string): string | Substitute {
    const { oneOf, limit, sensitive } = this.policy;
    if (oneOf !== undefined) return this.#outside(text);
    const pattern = sensitive === 'allow' || this.#disguise !== undefined ? undefined : sensitivePattern(text);
    if (pattern !== undefined) {
      if (this.#redacted.size === 0) this.#events.sensitive?.(pattern);
      this.#redacted.set(pattern, (this.#redacted.get(pattern) ?? 0) + 1);
      return sensitive === 'drop' ? substitutes.none : substitutes.redacted;
    }
    const value = this.#disguised(text);
    const isNew = !this.#values.has(value) && value !== substitutes.other.value;
    return limit !== undefined && isNew && this.#values.size >= limit ? this.#outside(text) : value;
  }

  #outside(text: string): Substitute {
    if (!this.#wasOutside) {
      this.#wasOutside = true;
      this.#events.outside?.(this.#disguised(text));
    }
    this.#folded++;
    return substitutes.other;
  }

  #disguised(text: string): string {
    return this.#disguise === undefined ? text : this.#disguise(text);
  }
}
