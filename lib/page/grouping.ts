import type { FamilyReading, Labels, SeriesReading } from './reading.js';

/** What a reader chose for a label: a line for each of its values, one line for all of them, or one of its values. */
export type LabelChoice =
  | { readonly by: 'each' }
  | { readonly by: 'all' }
  | { readonly by: 'value'; readonly value: string };

/** The choices by the names of labels. A label that is not in it has a line for each value. */
export type Choices = ReadonlyMap<string, LabelChoice>;

/** A label with the values that its series have. */
export interface LabelValues {
  readonly name: string;
  /** In alphabetical order. */
  readonly values: readonly string[];
}

/** Lists the labels of a family and their values. */
export function listLabels(family: FamilyReading): LabelValues[] {
  const found = new Map<string, Set<string>>();
  for (const { labels } of family.values()) {
    for (const [name, value] of labels) {
      const values = found.get(name) ?? new Set();
      found.set(name, values.add(value));
    }
  }
  return [...found].map(([name, values]) => ({ name, values: [...values].sort() }));
}

/** Groups the chosen series: each group becomes one line, or one for each quantile. */
export function groupSeries(
  family: FamilyReading,
  choices: Choices,
): Map<string, (readonly [key: string, SeriesReading])[]> {
  const groups = new Map<string, (readonly [string, SeriesReading])[]>();
  for (const [key, series] of family) {
    if (!isChosen(series.labels, choices)) continue;
    const title = titleOf(series.labels, choices);
    const group = groups.get(title) ?? [];
    group.push([key, series]);
    groups.set(title, group);
  }
  return groups;
}

function isChosen(labels: Labels, choices: Choices): boolean {
  for (const [name, choice] of choices) {
    if (choice.by === 'value' && labels.get(name) !== choice.value) return false;
  }
  return true;
}

/** The labels that tell a group from the others, e.g. `queue=mail`. */
const titleOf = (labels: Labels, choices: Choices): string =>
  [...labels]
    .filter(([name]) => (choices.get(name)?.by ?? 'each') === 'each')
    .map(([name, value]) => `${name}=${isPlain(value) ? value : JSON.stringify(value)}`)
    .join(', ');

/** Whether a value needs no quotation marks. Why those: `a=x, b=y` may be one value, or two. */
const isPlain = (value: string): boolean => !value.includes(', ');
