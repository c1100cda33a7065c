import type { DropReason } from '../error.js';
import type { LabelPolicy } from '../families/labels.js';
import { isLong, isPlainText, labelText } from './label-text.js';
import { findSensitivePattern, type LabelTransform, type SensitivePattern } from './redaction.js';

/** Replaces a value that is not exposed. Without a `value`, or if the observation cannot be aggregated, it is dropped. */
export interface Substitute {
  readonly value?: string;
  readonly refused: DropReason;
}

/** Observes what a label's policy does to its values. Nothing is called again for the same value. */
export interface LabelGuardEvents {
  /** A value did not fit the label's `oneOf` or `limit`. */
  onOutside?(value: string): void;
  /** A value that looks like this is not exposed. */
  onSensitive?(pattern: SensitivePattern): void;
  /** The label has this many different values now. */
  onGrown?(size: number): void;
}

/** How a label's values are limited and observed. */
export interface LabelGuardOptions {
  readonly transform?: LabelTransform | undefined;
  /** How many raw values are remembered, beside those that are known from the start. */
  readonly maxRawValues: number;
  readonly events?: LabelGuardEvents | undefined;
}

const substitutes = {
  other: { value: 'other', refused: 'overflow' },
  redacted: { value: 'redacted', refused: 'sensitive' },
  none: { refused: 'sensitive' },
  notALabel: { refused: 'label_type' },
} as const satisfies Record<string, Substitute>;

/** Whether a label value stands for several others, which may be exposed themselves another time. */
export const isSubstitute = (value: string | undefined): boolean =>
  value === substitutes.other.value || value === substitutes.redacted.value;

/**
 * Guards one label of one family in one recorder: turns a raw value into a label value under the label's policy.
 *
 * A known label set never gets here. The result for a raw value is remembered, so that each value is examined once; when too
 * many are remembered, a new one is not examined any more.
 */
export class LabelGuard {
  readonly policy: LabelPolicy;
  readonly #transform: LabelTransform | undefined;
  readonly #maxKnown: number;
  readonly #events: LabelGuardEvents;
  /** Whether the label may have any value, which is exposed as it stands. */
  readonly #isOpen: boolean;
  #known = new Map<unknown, string | Substitute>();
  /** Those of the known values that are not exposed because of what they look like. */
  #hidden = new Map<string, Substitute>();
  /** The different values that series have. */
  #values = new Set<string>();
  #folded = 0;
  #wasOutside = false;
  readonly #redacted = new Map<SensitivePattern, number>();

  constructor(policy: LabelPolicy, { transform, maxRawValues, events = {} }: LabelGuardOptions) {
    this.policy = policy;
    this.#transform = transform;
    this.#isOpen = policy.oneOf === undefined && policy.limit === undefined && transform === undefined;
    this.#maxKnown = maxRawValues + (policy.oneOf?.length ?? 1);
    this.#events = events;
    this.#rememberFixedValues();
  }

  /** How many different values the series have, without `other` and `redacted`. */
  get size(): number {
    return this.#values.size;
  }

  /** The different values that the series have, the oldest first. */
  values(): Iterable<string> {
    return this.#values;
  }

  /** Whether no further raw value will be examined. */
  get isFull(): boolean {
    return this.#known.size >= this.#maxKnown;
  }

  /** How often a new value has become `other`. */
  get folded(): number {
    return this.#folded;
  }

  /** How many new values were not exposed, by what they looked like. */
  get redacted(): ReadonlyMap<SensitivePattern, number> {
    return this.#redacted;
  }

  /** The label value of a raw value, without examining it; `undefined` if it must be admitted first. */
  resolveKnown(raw: unknown, allowOverflow: boolean): string | undefined {
    const known = this.#known.get(isLong(raw) ? labelText(raw) : raw);
    const verdict = known ?? (this.#isBeyondMemory(raw) ? this.#putOutside(raw) : undefined);
    if (typeof verdict === 'string' || verdict === undefined) return verdict;
    return allowOverflow ? verdict.value : undefined;
  }

  /**
   * The same for a value that the series found so far do not have, where the family has no room for another one.
   *
   * Why apart: what was admitted would become `other` too, so that ever new values are not looked for among thousands of
   * known ones, which takes longer than all the rest.
   */
  resolveWhereFull(raw: unknown, allowOverflow: boolean): string | undefined {
    if (!allowOverflow || !this.#isOpen || !this.#isBeyondMemory(raw)) return this.resolveKnown(raw, allowOverflow);
    const hidden = this.#hidden.get(raw);
    return (hidden ?? this.#putOutside(raw)).value;
  }

  /**
   * The label value of a raw value.
   *
   * @param allowOverflow whether a value that is not exposed may be counted under its substitute; if not, it is dropped.
   */
  admit(raw: unknown, allowOverflow: boolean): string | Substitute {
    const verdict = this.#known.get(raw) ?? this.#resolve(raw);
    if (typeof verdict === 'string') return verdict;
    return allowOverflow ? (verdict.value ?? verdict) : verdict;
  }

  /** What replaces this value if the family has no room for another series. */
  fold(value: string): string {
    if (value === '' || this.policy.oneOf !== undefined) return value;
    this.#folded++;
    return substitutes.other.value;
  }

  /** The label value that a raw value is exposed as if its policy admits it; `undefined` for a type that is never a label. */
  toExposed(raw: unknown): string | undefined {
    const text = labelText(raw);
    return text === undefined || text === '' ? text : this.#applyTransform(text);
  }

  /** Counts an admitted value that a series has. */
  retain(value: string): void {
    if (value === '' || isSubstitute(value)) return;
    const before = this.#values.size;
    if (this.#values.add(value).size === before) return;
    if (this.#transform === undefined) this.#known.set(value, value);
    this.#events.onGrown?.(before + 1);
  }

  /** Forgets all values; those of the series that are left are to be retained again. */
  reset(): void {
    this.#known.clear();
    this.#hidden.clear();
    this.#values.clear();
    this.#rememberFixedValues();
  }

  /** Takes over the values of another guard of the same label, and counts what that one has not exposed. */
  adopt(other: LabelGuard): void {
    this.#known = other.#known;
    this.#hidden = other.#hidden;
    this.#values = other.#values;
    this.#folded += other.#folded;
    for (const [pattern, count] of other.#redacted) {
      this.#redacted.set(pattern, (this.#redacted.get(pattern) ?? 0) + count);
    }
  }

  /** Remembers the values that count against no limit: those that the policy lists, or else `other`. */
  #rememberFixedValues(): void {
    for (const value of this.policy.oneOf ?? [substitutes.other.value])
      this.#known.set(value, this.#applyTransform(value));
  }

  /** Whether this is a new value that is not examined any more: such values may come without end, and must cost little. */
  #isBeyondMemory(raw: unknown): raw is string {
    return this.isFull && isPlainText(raw);
  }

  #resolve(raw: unknown): string | Substitute {
    if (this.#isBeyondMemory(raw)) return substitutes.other;
    const text = labelText(raw);
    if (text === undefined) return substitutes.notALabel;
    if (text === '') return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.isFull) return this.#putOutside(text);
    const verdict = this.#examine(text);
    this.#known.set(text, verdict);
    return verdict;
  }

  #examine(text: string): string | Substitute {
    const { oneOf, limit, sensitive } = this.policy;
    if (oneOf !== undefined) return this.#putOutside(text);
    const pattern = sensitive === 'allow' || this.#transform !== undefined ? undefined : findSensitivePattern(text);
    if (pattern !== undefined) return this.#redact(text, pattern);
    const value = this.#applyTransform(text);
    const isNew = !this.#values.has(value) && value !== substitutes.other.value;
    return limit !== undefined && isNew && this.#values.size >= limit ? this.#putOutside(text) : value;
  }

  #redact(text: string, pattern: SensitivePattern): Substitute {
    if (this.#redacted.size === 0) this.#events.onSensitive?.(pattern);
    this.#redacted.set(pattern, (this.#redacted.get(pattern) ?? 0) + 1);
    const substitute = this.policy.sensitive === 'drop' ? substitutes.none : substitutes.redacted;
    this.#hidden.set(text, substitute);
    return substitute;
  }

  #putOutside(text: string): Substitute {
    if (!this.#wasOutside) {
      this.#wasOutside = true;
      this.#events.onOutside?.(this.#applyTransform(text));
    }
    this.#folded++;
    return substitutes.other;
  }

  #applyTransform(text: string): string {
    return this.#transform === undefined ? text : this.#transform(text);
  }
}
