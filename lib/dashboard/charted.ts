import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { createFamily, type Family } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicies } from '../families/labels.js';
import type { Duration } from '../promql/duration.js';
import type { Conditions } from '../promql/matchers.js';
import type { TargetLabel, VectorQuery } from '../promql/query.js';
import { toDescription, toTitle } from './panel-text.js';

/** What the panels of a family are made from. */
export interface Charted {
  readonly entry: CatalogueEntry;
  /** The labels that its series are grouped by. */
  readonly by: readonly string[];
  /** How a gauge of several instances becomes one. Default: as its `aggregator` says. */
  readonly mergedBy?: 'sum' | 'min' | 'max';
  /** The gauge that is the bound of this one. */
  readonly bound?: CatalogueEntry;
}

/** What a panel needs to know of its dashboard. */
export interface PanelContext {
  /** The recorder's option `prefix`. */
  readonly prefix: string;
  /** The labels that have a variable. */
  readonly variables: ReadonlySet<string>;
}

/** A query about families whose labels the compiler does not know. */
export type Query = VectorQuery<string, LabelPolicies, TargetLabel>;

/** The time over which, as Grafana knows, a rate has enough scrapes. */
export const rateWindow: Duration = '$__rate_interval';

/** The family of a catalogue entry, as queries take it. */
export function toFamily<K extends MetricKind>({ entry }: Pick<Charted, 'entry'>, kind: K): Family<K> {
  const { name, help, labels, buckets = [], fedBy } = entry;
  const policies = Object.fromEntries(labels.map(({ name: label, ...policy }) => [label, policy]));
  const bounds = buckets.length === 0 ? (false as const) : buckets;
  return createFamily(kind, { name, help, labels: policies, buckets: bounds }, fedBy[0] ?? name);
}

/** How the names of a family differ in Prometheus from its declaration. */
export const namesOf = ({ prefix }: PanelContext): { readonly prefix?: string } => (prefix === '' ? {} : { prefix });

/** The conditions on the series of a family: what the variables of the dashboard choose. */
export function conditionsOf(
  { entry }: Pick<Charted, 'entry'>,
  { variables }: PanelContext,
): Conditions<LabelPolicies, TargetLabel> {
  const own = entry.labels.map(({ name }) => name).filter((name) => variables.has(name));
  return Object.fromEntries(['job', 'instance', ...own].map((name) => [name, { matches: `$${name}` }]));
}

/** The legend of grouped series: their labels, after a text; without labels, the text alone. */
export const legendOf = (by: readonly string[], text = ''): string =>
  [text, ...by.map((label) => `{{${label}}}`)].filter((part) => part !== '').join(' ');

/** What every panel of a family has. A panel of a part of it says which part. */
export function headPanel({ entry }: Charted, { prefix }: PanelContext, part?: string) {
  const { name, fedBy } = entry;
  const help = toTitle(entry.help);
  const feeders = fedBy.length === 0 ? '' : `, fed by ${toDescription(fedBy.toSorted().join(', '))}`;
  return {
    key: part === undefined ? name : `${name}: ${part}`,
    title: part === undefined ? help : `${help}: ${part}`,
    description: `${prefix}${name}${feeders}`,
  };
}
