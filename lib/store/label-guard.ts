import type { DropReason } from '../error.js';
import { type LabelPolicy, overflowValue } from '../families/labels.js';
import { isLong, isPlainText, labelText } from './label-text.js';
import { findSensitivePattern, type LabelTransform, recallHarmless, type SensitivePattern } from './redaction.js';

/** Replaces a value that is not exposed. Without a `value`, or if the observation cannot be aggregated, it is dropped. */
export interface Substitute {
  readonly value?: string;
  readonly refused: DropReason;
}

/** Observes what a label's policy does to its values. Nothing but `onCounted` is called again for the same value. */
export interface LabelGuardEvents {
  /** A value did not fit the label's `oneOf` or `limit`. */
  onOutside?(value: string): void;
  /** A value that looks like this is not exposed. */
  onSensitive?(pattern: SensitivePattern): void;
  /** `folded` or `redacted` has grown. */
  onCounted?(): void;
  /** The label, which has a `limit`, has this many different values now. */
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
  other: { value: overflowValue, refused: 'overflow' },
  redacted: { value: 'redacted', refused: 'sensitive' },
  none: { refused: 'sensitive' },
  notALabel: { refused: 'label_type' },
} as const satisfies Record<string, Substitute>;

const noneRedacted: ReadonlyMap<SensitivePattern, number> = new Map();

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
  /** The label values of raw ones that series have, beside the fixed ones. */
  #known = new Map<unknown, string>();
  /** What became of other raw values that were examined. Why apart: they are forgotten all at once. */
  #examined: Map<unknown, string | Substitute> | undefined;
  /** The values of a label with `oneOf` that series have; `undefined` for any other label, whose known values these are. */
  #closedValues: Set<string> | undefined;
  /** How often a value was retained after the first time. Why apart: most values of a label with many are retained once. */
  #more: Map<string, number> | undefined;
  /** The raw values of transformed ones; `undefined` where none is transformed. */
  #origins: Map<string, string> | undefined;
  #folded = 0;
  #wasOutside = false;
  #redacted: Map<SensitivePattern, number> | undefined;

  constructor(policy: LabelPolicy, { transform, maxRawValues, events = {} }: LabelGuardOptions) {
    this.policy = policy;
    this.#transform = transform;
    this.#isOpen = policy.oneOf === undefined && policy.limit === undefined && transform === undefined;
    if (transform !== undefined) this.#origins = new Map();
    if (policy.oneOf !== undefined) this.#closedValues = new Set();
    this.#maxKnown = maxRawValues + (policy.oneOf?.length ?? 1);
    this.#events = events;
    this.#rememberFixedValues();
  }

  /** How many different values the series have, without `other` and `redacted`. */
  get size(): number {
    return this.#closedValues?.size ?? this.#known.size - 1;
  }

  /** The different values that the series have, the oldest first. */
  *values(): Iterable<string> {
    if (this.#closedValues !== undefined) yield* this.#closedValues;
    else for (const [text, value] of this.#known) if (text !== substitutes.other.value) yield value;
  }

  /** Whether no further raw value will be examined. */
  get isFull(): boolean {
    return this.#known.size + (this.#examined?.size ?? 0) >= this.#maxKnown;
  }

  /** How often a new value has become `other`. */
  get folded(): number {
    return this.#folded;
  }

  /** How many new values were not exposed, by what they looked like. */
  get redacted(): ReadonlyMap<SensitivePattern, number> {
    return this.#redacted ?? noneRedacted;
  }

  /** The label value of a raw value, without examining it; `undefined` if it must be admitted first. */
  resolveKnown(raw: unknown, allowOverflow: boolean): string | undefined {
    const known = this.#recall(isLong(raw) ? labelText(raw) : raw);
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
    const examined = this.#examined?.get(raw) ?? this.#putOutside(raw);
    return typeof examined === 'string' ? examined : examined.value;
  }

  /**
   * The label value of a raw value.
   *
   * @param allowOverflow whether a value that is not exposed may be counted under its substitute; if not, it is dropped.
   */
  admit(raw: unknown, allowOverflow: boolean): string | Substitute {
    const verdict = this.#recall(raw) ?? this.#resolve(raw);
    if (typeof verdict === 'string') return verdict;
    return allowOverflow ? (verdict.value ?? verdict) : verdict;
  }

  /** What replaces this value if the family has no room for another series. */
  fold(value: string): string {
    if (value === '' || this.policy.oneOf !== undefined) return value;
    this.#countFolded();
    return substitutes.other.value;
  }

  /** The label value that a raw value is exposed as if its policy admits it; `undefined` for a type that is never a label. */
  toExposed(raw: unknown): string | undefined {
    if (this.#transform === undefined && isPlainText(raw)) return raw;
    const text = labelText(raw);
    return text === undefined || text === '' ? text : (this.#known.get(text) ?? this.#applyTransform(text));
  }

  /** The text that an exposed value was made from: the same, unless it is transformed. */
  originOf(value: string): string {
    return this.#origins?.get(value) ?? value;
  }

  /**
   * Counts a label value that was admitted, once more for each time that it is to be released.
   *
   * @param raw what it was admitted for.
   */
  retain(value: string, raw: unknown): void {
    if (value === '' || isSubstitute(value)) return;
    if (this.#isRetained(value)) {
      this.#more ??= new Map();
      this.#more.set(value, (this.#more.get(value) ?? 0) + 1);
      return;
    }
    this.#closedValues?.add(value);
    const text = this.#origins === undefined ? value : (labelText(raw) ?? value);
    this.#origins?.set(value, text);
    this.#known.set(text, value);
    this.#examined?.delete(text);
    if (this.policy.limit !== undefined) this.#events.onGrown?.(this.size);
  }

  /** Remembers a label value that was admitted, and that no series has, so that it is not examined again. */
  rememberExamined(value: string, raw: unknown): void {
    const text = this.#transform === undefined ? value : (labelText(raw) ?? value);
    if (value !== '' && !isSubstitute(value) && !this.#known.has(text)) this.#keepExamined(text, value);
  }

  /** Takes back one `retain`. A value that is not retained any more makes room for another one. */
  release(value: string): void {
    const more = this.#more?.get(value);
    if (more === undefined) this.#drop(value);
    else if (more > 1) this.#more?.set(value, more - 1);
    else this.#more?.delete(value);
  }

  /** Forgets what was examined and is no value of a series: it may be admitted now. */
  forgetExamined(): void {
    this.#examined = undefined;
  }

  /** Forgets all values. Why without a loop: there may be a million of them. */
  reset(): void {
    this.#known = new Map();
    this.#examined = undefined;
    this.#closedValues?.clear();
    this.#more = undefined;
    if (this.#origins !== undefined) this.#origins = new Map();
    this.#rememberFixedValues();
  }

  /** Takes over the values of another guard of the same label, and counts what that one has not exposed. */
  adopt(other: LabelGuard): void {
    this.#known = other.#known;
    this.#examined = other.#examined;
    this.#closedValues = other.#closedValues;
    this.#more = other.#more;
    this.#origins = other.#origins;
    this.#folded += other.#folded;
    for (const [pattern, count] of other.redacted) this.#countRedacted(pattern, count);
  }

  #drop(value: string): void {
    if (!this.#isRetained(value)) return;
    this.#closedValues?.delete(value);
    const text = this.originOf(value);
    this.#origins?.delete(value);
    if (!this.#isFixed(text)) this.#known.delete(text);
    // Why: what was one value too many fits now.
    if (this.policy.limit !== undefined) this.forgetExamined();
  }

  /** Remembers the values that count against no limit: those that the policy lists, or else `other`. */
  #rememberFixedValues(): void {
    for (const value of this.policy.oneOf ?? [substitutes.other.value])
      this.#known.set(value, this.#applyTransform(value));
  }

  #isRetained(value: string): boolean {
    return (this.#closedValues ?? this.#origins ?? this.#known).has(value);
  }

  #isFixed(text: string): boolean {
    return this.policy.oneOf !== undefined || text === substitutes.other.value;
  }

  #recall(raw: unknown): string | Substitute | undefined {
    return this.#known.get(raw) ?? this.#examined?.get(raw);
  }

  /** Whether this is a new value that is not examined any more: such values may come without end, and must cost little. */
  #isBeyondMemory(raw: unknown): raw is string {
    return this.isFull && isPlainText(raw);
  }

  // Why in few steps: a service that has just started runs them for each of its series, and its code is not compiled yet.
  #resolve(raw: unknown): string | Substitute {
    const { isFull } = this;
    if (isFull && isPlainText(raw)) return substitutes.other;
    const text = recallHarmless(raw) ?? labelText(raw);
    if (text === undefined) return substitutes.notALabel;
    if (text === '') return text;
    const known = text === raw ? undefined : this.#recall(text);
    if (known !== undefined) return known;
    if (isFull) return this.#putOutside(text);
    const verdict = this.#examine(text);
    // Why not a label value: as a rule a series has it next, and it is known then.
    if (typeof verdict !== 'string') this.#keepExamined(text, verdict);
    return verdict;
  }

  #examine(text: string): string | Substitute {
    const { oneOf, limit, sensitive } = this.policy;
    if (oneOf !== undefined) return this.#putOutside(text);
    const isHashed = this.#transform !== undefined;
    const pattern = sensitive === 'allow' || isHashed ? undefined : findSensitivePattern(text);
    if (pattern !== undefined) return this.#redact(pattern);
    const value = isHashed ? this.#applyTransform(text) : text;
    if (limit === undefined || this.size < limit) return value;
    return this.#isRetained(value) || value === substitutes.other.value ? value : this.#putOutside(text);
  }

  #keepExamined(text: string, verdict: string | Substitute): void {
    this.#examined ??= new Map();
    this.#examined.set(text, verdict);
  }

  #redact(pattern: SensitivePattern): Substitute {
    if (this.#redacted === undefined) this.#events.onSensitive?.(pattern);
    this.#countRedacted(pattern, 1);
    return this.policy.sensitive === 'drop' ? substitutes.none : substitutes.redacted;
  }

  #countRedacted(pattern: SensitivePattern, count: number): void {
    this.#redacted ??= new Map();
    this.#redacted.set(pattern, (this.#redacted.get(pattern) ?? 0) + count);
    this.#events.onCounted?.();
  }

  #putOutside(text: string): Substitute {
    if (!this.#wasOutside) {
      this.#wasOutside = true;
      this.#events.onOutside?.(this.#applyTransform(text));
    }
    this.#countFolded();
    return substitutes.other;
  }

  #countFolded(): void {
    this.#folded++;
    this.#events.onCounted?.();
  }

  #applyTransform(text: string): string {
    return this.#transform === undefined ? text : this.#transform(text);
  }
}
