import type { Family } from './family.js';
import type { LabelPolicy, LabelValue, Policies } from './label-policy.js';

/** Which label sets exist, at 0, before the first observation: some, or every combination of the closed domains. */
export type Initial = 'all' | readonly Readonly<Record<string, LabelValue>>[];

/** Whether the values of every label are listed; a family without labels has one combination of none. */
export const isClosed = (labels: Policies): boolean => Object.values(labels).every(({ oneOf }) => oneOf !== undefined);

/** How many combinations the listed values have, of the labels that list them. */
export const combinations = (policies: readonly LabelPolicy[]): number =>
  policies.reduce((product, { oneOf }) => product * (oneOf?.length ?? 1), 1);

/** The label sets that a family has from the start, each as values in the order of its labels. */
export function initialSeries({ labels, initial }: Family): Iterable<readonly LabelValue[]> {
  if (initial === 'all') return product(Object.values(labels).map(({ oneOf }) => oneOf ?? []));
  const names = Object.keys(labels);
  return initial.map((set) => names.map((name) => set[name]));
}

function* product([first, ...rest]: readonly (readonly string[])[]): Generator<readonly string[]> {
  if (first === undefined) yield [];
  else for (const value of first) for (const others of product(rest)) yield [value, ...others];
}
