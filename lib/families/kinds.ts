import type { DropReason } from '../error.js';

/** The type of a metric family. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** What an observation does to a series. */
export type Operation = 'add' | 'set' | 'observe';

interface KindRules {
  /** Label names that the exposition formats reserve. */
  readonly reservedLabels: readonly string[];
  /** What the name of a sample may add to the name of the family. */
  readonly sampleSuffixes: readonly string[];
  readonly operations: readonly Operation[];
  readonly hasBuckets: boolean;
  /** The smallest and the largest number that a decorator accepts; both are finite. */
  readonly range: readonly [min: number, max: number];
  /** The reason to drop this number, which may be anything in JavaScript; `undefined` where the kind accepts it. */
  refuse(value: unknown): DropReason | undefined;
}

/** The sum of 2^53 numbers of this size is still finite. */
const maxAddable = 2 ** 970;

const refuseUnlessNumber = (value: unknown): DropReason | undefined => {
  if (typeof value === 'number') return undefined;
  return typeof value === 'bigint' ? 'not_exact' : 'not_finite';
};

function refuseUnlessAddable(value: unknown): DropReason | undefined {
  if (typeof value !== 'number') return refuseUnlessNumber(value);
  return Math.abs(value) <= maxAddable ? undefined : 'not_finite';
}

/** The number that a BigInt is, such as a count in SQL, where a number holds it exactly; anything else as it is. */
export function toNumber(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isFinite(number) && BigInt(number) === value ? number : value;
}

/** Everything that differs between the kinds. */
export const kinds: Readonly<Record<MetricKind, KindRules>> = {
  counter: {
    reservedLabels: [],
    sampleSuffixes: [''],
    operations: ['add'],
    hasBuckets: false,
    range: [0, maxAddable],
    refuse: (value) => ((value as number) < 0 ? 'negative_step' : refuseUnlessAddable(value)),
  },
  gauge: {
    reservedLabels: [],
    sampleSuffixes: [''],
    operations: ['add', 'set'],
    hasBuckets: false,
    range: [-Number.MAX_VALUE, Number.MAX_VALUE],
    refuse: refuseUnlessNumber,
  },
  histogram: {
    reservedLabels: ['le'],
    sampleSuffixes: ['', '_bucket', '_sum', '_count', '_created'],
    operations: ['observe'],
    hasBuckets: true,
    range: [-maxAddable, maxAddable],
    refuse: refuseUnlessAddable,
  },
};

/** The names that the samples of a family of this type have in some format. A summary and an unknown type come from elsewhere. */
export function listSampleNames(type: string, name: string): string[] {
  const suffixes = type === 'summary' ? ['', '_sum', '_count'] : (kinds[type as MetricKind]?.sampleSuffixes ?? ['']);
  if (type !== 'counter') return suffixes.map((suffix) => name + suffix);
  const bare = name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
  return [name, bare, `${bare}_created`];
}
