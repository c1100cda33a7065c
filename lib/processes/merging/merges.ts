import type { Aggregator } from '../../families/family.js';
import type { CellFamily } from '../../store/cells.js';

/** How numbers of several processes become one; `all` keeps each. */
export type Merge = 'sum' | 'min' | 'max' | 'mostrecent' | 'all';

/** What an aggregator means. */
export interface MergeRule {
  readonly merge: Merge;
  /** Whether a process that has ended does not count any more. */
  readonly isLive: boolean;
}

const rule = (merge: Merge): MergeRule => ({ merge, isLive: false });
const live = (merge: Merge): MergeRule => ({ merge, isLive: true });

/** What each aggregator means. */
export const mergeRules: Readonly<Record<Aggregator, MergeRule>> = {
  sum: rule('sum'),
  min: rule('min'),
  max: rule('max'),
  mostrecent: rule('mostrecent'),
  all: rule('all'),
  livesum: live('sum'),
  livemin: live('min'),
  livemax: live('max'),
  livemostrecent: live('mostrecent'),
  liveall: live('all'),
};

/** How the series of a family are merged. */
export function ruleOf({ type, aggregator }: Pick<CellFamily, 'type' | 'aggregator'>): MergeRule {
  const rule = mergeRules[aggregator];
  // Why: the smallest of several histograms is none of them.
  return (type === 'histogram' || type === 'summary') && rule.merge !== 'all' ? mergeRules.sum : rule;
}

/** Whether the values of a family only grow, and are added up, those of ended processes too. */
export const isLastingSum = (family: Pick<CellFamily, 'type' | 'aggregator'>): boolean =>
  ruleOf(family) === mergeRules.sum && family.type !== 'gauge' && family.type !== 'unknown';

/** A number, and when it changed last, in seconds since the epoch. */
export interface DatedNumber {
  number: number;
  changedAt: number;
}

/** Merges one more number into those before. */
export const mergeInto: Readonly<Record<Merge, (merged: DatedNumber, number: number, changedAt: number) => void>> = {
  sum: (merged, number) => {
    merged.number += number;
  },
  min: (merged, number) => {
    merged.number = Math.min(merged.number, number);
  },
  max: (merged, number) => {
    merged.number = Math.max(merged.number, number);
  },
  mostrecent: (merged, number, changedAt) => {
    if (changedAt >= merged.changedAt) Object.assign(merged, { number, changedAt });
  },
  all: () => undefined,
};
