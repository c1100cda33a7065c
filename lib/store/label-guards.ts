import type { LabelPolicies } from '../families/labels.js';
import { countCombinations, isClosed } from '../families/labels.js';
import { LabelGuard, type LabelGuardEvents, type LabelTransform, type Substitute } from './label-guard.js';

/** How the labels of a family are bounded and told of. */
export interface LabelGuardsOptions {
  /** What a label with `hash: true` does to its values; nothing unless given. */
  readonly hash?: LabelTransform | undefined;
  /** How many series there may be; as many raw values of each label are remembered. */
  readonly most: number;
  readonly events?: ((label: string) => LabelGuardEvents) | undefined;
}

/** The values of all labels of one family, label sets being lists of values in the order of the labels. */
export class LabelGuards {
  readonly byName: ReadonlyMap<string, LabelGuard>;
  readonly #domains: readonly LabelGuard[];
  readonly #most: number;
  readonly #foldsFrom: number;

  constructor(labels: LabelPolicies, { hash, most, events }: LabelGuardsOptions) {
    const made = Object.entries(labels).map(([name, policy]) => {
      const disguise = policy.hash ? hash : undefined;
      return [name, new LabelGuard(policy, { disguise, most, events: events?.(name) })] as const;
    });
    this.byName = new Map(made);
    this.#domains = made.map(([, domain]) => domain);
    this.#most = most;
    const folded = isClosed(labels) ? 0 : countCombinations(Object.values(labels));
    this.#foldsFrom = most - Math.min(folded, Math.floor(most / 2));
  }

  /** The value that a raw one of the label at this depth is known to become; `undefined` where it must be admitted. */
  known(depth: number, raw: unknown, allowOverflow: boolean): string | undefined {
    return this.#domains[depth]?.known(raw, allowOverflow);
  }

  /** The label values that these raw ones become, or what the first one is that cannot be one. */
  admit(raw: readonly unknown[], allowOverflow: boolean): string[] | Substitute {
    const values: string[] = [];
    for (const [depth, domain] of this.#domains.entries()) {
      const admitted = domain.admit(raw[depth], allowOverflow);
      if (typeof admitted !== 'string') return admitted;
      values.push(admitted);
    }
    return values;
  }

  /** Up to how many series a new one is born as it is: where it can be folded, there must be room for what it is folded into. */
  room(allowOverflow: boolean): number {
    return allowOverflow ? this.#foldsFrom : this.#most;
  }

  /** The label set under which others are counted where there is no room for this one: closed domains stay. */
  fold(values: readonly string[]): string[] {
    return this.#domains.map((domain, depth) => domain.fold(values[depth] as string));
  }

  /** Counts the values that a series has. */
  keep(values: readonly string[]): void {
    for (const [depth, domain] of this.#domains.entries()) domain.keep(values[depth] as string);
  }

  /** Counts one value that a series has. */
  keepAt(depth: number, value: string): void {
    this.#domains[depth]?.keep(value);
  }

  /** Whether a label has so many values that no further one will be examined. */
  get isFull(): boolean {
    return this.#domains.some((domain) => domain.isFull);
  }

  /** Forgets every value. */
  forget(): void {
    for (const domain of this.#domains) domain.forget();
  }

  /**
   * The label values that are meant by some raw ones, `undefined` for labels that may have any; `undefined` altogether
   * where no series can have these.
   */
  wanted(labels: Readonly<Record<string, unknown>>): (string | undefined)[] | undefined {
    if (Object.keys(labels).some((name) => !this.byName.has(name))) return undefined;
    const wanted: (string | undefined)[] = [];
    for (const [name, domain] of this.byName) {
      const raw = labels[name];
      const value = raw === undefined ? undefined : domain.exposed(raw);
      if (raw !== undefined && value === undefined) return undefined;
      wanted.push(value);
    }
    return wanted;
  }
}
