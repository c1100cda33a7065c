import { countCombinations, isClosed, type LabelPolicies, type LabelPolicy, readLabel } from '../families/labels.js';
import { LabelGuard, type LabelGuardEvents, type Substitute } from './label-guard.js';
import type { LabelTransform } from './redaction.js';

/** How the labels of a family are limited and observed. */
export interface LabelGuardsOptions {
  /** Changes the values of a label with `hash: true`; without it they stay as they are. */
  readonly hash?: LabelTransform | undefined;
  /** How many series there may be; as many raw values of each label are remembered. */
  readonly maxSeries: number;
  readonly events?: ((label: string) => LabelGuardEvents) | undefined;
}

/** Guards all labels of one family. A label set is a list of values in the order of the labels. */
export class LabelGuards {
  readonly byName: ReadonlyMap<string, LabelGuard>;
  readonly #guards: readonly LabelGuard[];
  readonly #maxSeries: number;
  readonly #maxUnfolded: number;

  constructor(labels: LabelPolicies, { hash, maxSeries, events }: LabelGuardsOptions) {
    const byName = new Map<string, LabelGuard>();
    const guards: LabelGuard[] = [];
    for (const name of Object.keys(labels)) {
      const policy = labels[name] as LabelPolicy;
      const transform = policy.hash ? hash : undefined;
      const guard = new LabelGuard(policy, { transform, maxRawValues: maxSeries, events: events?.(name) });
      byName.set(name, guard);
      guards.push(guard);
    }
    this.byName = byName;
    this.#guards = guards;
    this.#maxSeries = maxSeries;
    const foldedSeries = isClosed(labels) ? 0 : countCombinations(Object.values(labels));
    this.#maxUnfolded = maxSeries - Math.min(foldedSeries, Math.floor(maxSeries / 2));
  }

  /**
   * The value of a raw one of the label at this depth, without examining it; `undefined` if it must be admitted first.
   *
   * @param isFull whether the family has no room for a new label set.
   */
  resolveKnown(depth: number, raw: unknown, allowOverflow: boolean, isFull: boolean): string | undefined {
    const guard = this.#guards[depth];
    return isFull ? guard?.resolveWhereFull(raw, allowOverflow) : guard?.resolveKnown(raw, allowOverflow);
  }

  /** The label values of raw ones; or the substitute of the first value that cannot be a label value. */
  admit(raw: readonly unknown[], allowOverflow: boolean): string[] | Substitute {
    const values: string[] = [];
    for (let depth = 0; depth < this.#guards.length; depth++) {
      const admitted = (this.#guards[depth] as LabelGuard).admit(raw[depth], allowOverflow);
      if (typeof admitted !== 'string') {
        this.rememberExamined(values, raw);
        return admitted;
      }
      values.push(admitted);
    }
    return values;
  }

  /** Remembers label values that were admitted, although they become no series. */
  rememberExamined(values: readonly string[], raw: readonly unknown[]): void {
    for (let depth = 0; depth < values.length; depth++) {
      (this.#guards[depth] as LabelGuard).rememberExamined(values[depth] as string, raw[depth]);
    }
  }

  /** Below how many series a new label set is created as it is. What can be folded leaves room for what it is folded into. */
  maxUnfolded(allowOverflow: boolean): number {
    return allowOverflow ? this.#maxUnfolded : this.#maxSeries;
  }

  /** The label set that aggregates this one if there is no room for it: the values of labels with `oneOf` stay. */
  fold(values: readonly string[]): string[] {
    return this.#guards.map((guard, depth) => guard.fold(values[depth] as string));
  }

  /** Counts the values of a label set from the label at this depth on, for which `raw` was admitted. */
  retain(values: readonly string[], raw: readonly unknown[], from = 0): void {
    for (let depth = from; depth < this.#guards.length; depth++) {
      (this.#guards[depth] as LabelGuard).retain(values[depth] as string, raw[depth]);
    }
  }

  /** Takes back that the value of the label at this depth was counted. */
  release(depth: number, value: string): void {
    this.#guards[depth]?.release(value);
  }

  /** The text that the value of the label at this depth was made from. */
  originOf(depth: number, value: string): string {
    return this.#guards[depth]?.originOf(value) ?? value;
  }

  /** Whether a label has so many values that no further one will be examined. */
  get isFull(): boolean {
    return this.#guards.some((guard) => guard.isFull);
  }

  /** Takes over the values of other guards of the same labels. */
  adopt(others: LabelGuards): void {
    for (const [depth, guard] of this.#guards.entries()) guard.adopt(others.#guards[depth] as LabelGuard);
  }

  /** Makes every label examine again what is no value of a series. */
  forgetExamined(): void {
    for (const guard of this.#guards) guard.forgetExamined();
  }

  /** Forgets all values. */
  reset(): void {
    for (const guard of this.#guards) guard.reset();
  }

  /**
   * The label values that some raw ones select, `undefined` for a label that may have any value; `undefined` altogether if no
   * series can have them.
   */
  match(labels: Readonly<Record<string, unknown>>): (string | undefined)[] | undefined {
    if (Object.keys(labels).some((name) => !this.byName.has(name))) return undefined;
    const values: (string | undefined)[] = [];
    for (const [name, guard] of this.byName) {
      const raw = readLabel(labels, name);
      const value = raw === undefined ? undefined : guard.toExposed(raw);
      if (raw !== undefined && value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
}
