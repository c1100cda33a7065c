import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { overflowValue } from '../families/labels.js';
import { print } from '../promql/node.js';
import type { BoardVariable } from './board.js';
import { isChoosable } from './grouping.js';

/** Makes the variables of a dashboard: job, instance, and each label with few values. */
export function createVariables(entries: readonly CatalogueEntry[], prefix: string): BoardVariable[] {
  const names = new Set(entries.flatMap(({ labels }) => labels.filter(isChoosable).map(({ name }) => name)));
  return [
    // Why no ".*" for all jobs: the process and the requests of other services must not be added to those of this one.
    { name: 'job', values: listValues(entries, prefix, 'job'), allMatchesNothing: false },
    { name: 'instance', values: 'label_values(up{job=~"$job"}, instance)', allMatchesNothing: true },
    ...[...names].sort().map((name) => createLabelVariable(name, entries, prefix)),
  ];
}

function createLabelVariable(name: string, entries: readonly CatalogueEntry[], prefix: string): BoardVariable {
  const having = entries.filter(({ labels }) => labels.some((label) => label.name === name));
  const valuesOfEach = having.map(({ labels }) => labels.find((label) => label.name === name)?.oneOf);
  const isListed = valuesOfEach.every((domain) => domain?.every(isPlain));
  const all = [...new Set([...valuesOfEach.flatMap((domain) => domain ?? []), overflowValue])];
  return { name, values: isListed ? all : listValues(having, prefix, name), allMatchesNothing: true };
}

/**
 * Whether a value stays what it is in a list of Grafana's, which reads "a : b" as the text and the value of a choice, puts the
 * values of variables into it, takes blanks from the ends of a value, and has backslashes before commas.
 */
const isPlain = (value: string): boolean => !/\s:\s|\$|\[\[|^\s|\s$|\\|[\r\n]/.test(value);

/** What each recorder exposes from the start. It tells the jobs where only rows that nobody declares are drawn. */
const ofEveryRecorder = 'flowplane_metrics_losses_total';

/** The values that a label has in Prometheus, in any of these families. */
function listValues(entries: readonly CatalogueEntry[], prefix: string, label: string): string {
  const own = entries.flatMap((entry) => listSeries(entry).map((name) => prefix + name));
  const names = own.length === 0 ? [ofEveryRecorder] : own;
  const [only = ''] = names;
  const target = { label: 'job', operator: '=~', value: '$job' } as const;
  const any = { label: '__name__', operator: '=~', value: names.join('|') } as const;
  const matchers = label === 'job' ? [] : [target];
  const selector =
    names.length === 1
      ? print({ type: 'selector', name: only, matchers })
      : print({ type: 'selector', name: '', matchers: [any, ...matchers] });
  return `label_values(${selector}, ${label})`;
}

/** The names of a family's series in Prometheus that have its labels and no others. */
function listSeries({ name, kind, native }: CatalogueEntry): string[] {
  if (kind !== 'histogram') return [name];
  return native === undefined ? [`${name}_count`] : [name, `${name}_count`];
}
