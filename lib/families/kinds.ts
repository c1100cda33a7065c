import type { DropReason } from '../error.js';

/** How a family's numbers behave over time. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** What may be done with a number and a series. */
export type Operation = 'add' | 'set' | 'observe';

interface KindRules {
  /** Label names that the exposition formats keep for themselves. */
  readonly reservedLabels: readonly string[];
  /** What a sample's name may add to the family's name. */
  readonly sampleSuffixes: readonly string[];
  readonly operations: readonly Operation[];
  /** The least and the most that a number may be which a decorator reads; all are finite. */
  readonly range: readonly [least: number, most: number];
  /** Why this number, as it may come from JavaScript, is none that the kind takes; `undefined` where it is. */
  refuses(value: unknown): DropReason | undefined;
}

/** 2^53 numbers of this size can be added, and the sum is still finite. */
const mostAdded = 2 ** 970;

const addable = (value: unknown): DropReason | undefined =>
  typeof value === 'number' && Math.abs(value) <= mostAdded ? undefined : 'not_finite';

/** Everything that differs by kind alone. */
export const kinds: Readonly<Record<MetricKind, KindRules>> = {
  counter: {
    reservedLabels: [],
    sampleSuffixes: [''],
    operations: ['add'],
    range: [0, mostAdded],
    refuses: (value) => ((value as number) < 0 ? 'negative_step' : addable(value)),
  },
  gauge: {
    reservedLabels: [],
    sampleSuffixes: [''],
    operations: ['add', 'set'],
    range: [-Number.MAX_VALUE, Number.MAX_VALUE],
    refuses: (value) => (typeof value === 'number' ? undefined : 'not_finite'),
  },
  histogram: {
    reservedLabels: ['le'],
    sampleSuffixes: ['', '_bucket', '_sum', '_count', '_created'],
    operations: ['observe'],
    range: [-mostAdded, mostAdded],
    refuses: addable,
  },
};
