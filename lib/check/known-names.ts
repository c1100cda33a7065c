import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { listEscapedLabels, listEscapedNames } from '../families/escaping.js';
import { kinds, type MetricKind } from '../families/kinds.js';
import { overflowValue } from '../families/labels.js';
import { findNearest } from '../nearest-name.js';
import { escapeRegExp } from '../promql/node.js';
import { addLabels, type LabelNames } from './label-names.js';

/**
 * What the samples of a name are, for the functions that take them: buckets as they are exposed, and what is computed from
 * them, apart.
 */
export type SeriesKind = 'counter' | 'gauge' | 'histogram' | 'buckets' | 'bucketGrowth' | 'unknown';

/** A metric family whose name an expression may use. */
export interface KnownFamily {
  readonly name: string;
  readonly kind: MetricKind | 'summary' | 'unknown';
  /** Whether code declares it, so that everything about it is known. */
  readonly isOwn: boolean;
  /** The labels of its series in Prometheus, without that of the buckets. */
  readonly labels: LabelNames;
  /** The values that a label can have, where these are listed. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** The upper bounds of the buckets, without `+Inf`. */
  readonly buckets?: readonly number[];
  readonly isNative?: boolean;
  /** Whether it has series at 0 before its first observation; `undefined` where nobody knows. */
  readonly startsAtZero?: boolean;
  /** Where code declares it. */
  readonly declaredAt?: string;
  /** Why nothing exposes it, where that is known of a name that is right. */
  readonly absence?: string;
}

/** The series of one name: a family, or a part of one. */
export interface KnownSeries {
  readonly family: KnownFamily;
  readonly kind: SeriesKind;
  readonly labels: LabelNames;
}

/** The suffixes of the parts of a family, with what the samples are. */
const parts: Readonly<Record<KnownFamily['kind'], readonly (readonly [suffix: string, kind: SeriesKind])[]>> = {
  counter: [
    ['', 'counter'],
    ['_created', 'gauge'],
  ],
  gauge: [['', 'gauge']],
  histogram: [
    ['_bucket', 'buckets'],
    ['_sum', 'counter'],
    ['_count', 'counter'],
    ['_created', 'gauge'],
  ],
  summary: [
    ['', 'gauge'],
    ['_sum', 'counter'],
    ['_count', 'counter'],
    ['_created', 'gauge'],
  ],
  unknown: [['', 'unknown']],
};

/** The label that Prometheus gives to the quantiles of a summary. */
const quantileLabel = 'quantile';

function listSeries(family: KnownFamily): [name: string, series: KnownSeries][] {
  const { name, kind, labels, isNative } = family;
  const of = isNative ? [...parts[kind], ['', 'histogram'] as const] : parts[kind];
  return of.map(([suffix, seriesKind]) => {
    const [own] = kind === 'summary' && suffix === '' ? [quantileLabel] : kinds.histogram.reservedLabels;
    const isLabelled = seriesKind === 'buckets' || (kind === 'summary' && suffix === '');
    const all = isLabelled ? addLabels(labels, [own as string]) : labels;
    return [nameSamples(name, kind, suffix), { family, kind: seriesKind, labels: all }];
  });
}

/** Why another stem: OpenMetrics ends only the value of a counter in `_total`. */
const nameSamples = (name: string, kind: KnownFamily['kind'], suffix: string): string =>
  (kind === 'counter' && suffix !== '' ? name.replace(/_total$/, '') : name) + suffix;

/** How a catalogue becomes known names. */
export interface CatalogueContext {
  /** What the recorder puts before each name. */
  readonly prefix?: string;
  /** Where each family is declared, by its name. */
  readonly places?: Readonly<Record<string, string>>;
}

/** The names that expressions may use. */
export class KnownNames {
  readonly #series = new Map<string, KnownSeries>();
  readonly #families = new Map<string, KnownFamily>();
  readonly #patterns: RegExp[] = [];
  readonly #targetLabels: readonly string[];

  /** @param targetLabels the labels that Prometheus may add to what it scrapes, beside `job` and `instance`. */
  constructor(targetLabels: readonly string[]) {
    this.#targetLabels = targetLabels;
  }

  /** Adds a family. The first of a name stays. */
  add(family: KnownFamily): void {
    if (!this.#families.has(family.name)) this.#families.set(family.name, family);
    for (const [name, series] of listSeries(family)) if (!this.#series.has(name)) this.#series.set(name, series);
  }

  /**
   * Adds what code declares. Why each name in several ways: a Prometheus that asks for no UTF-8 names gets others, by its
   * version and its `metric_name_escaping_scheme`.
   */
  addDeclared(entries: readonly CatalogueEntry[], { prefix = '', places = {} }: CatalogueContext = {}): void {
    for (const entry of entries) {
      const declaredAt = places[entry.name] ?? entry.fedBy[0];
      const family = { ...this.#familyOf(entry), isOwn: true, ...(declaredAt !== undefined && { declaredAt }) };
      for (const name of listEscapedNames(`${prefix}${entry.name}`)) this.add({ ...family, name });
    }
  }

  /** Adds names of which nothing else is known. `*` stands for any part of a name. */
  addNames(names: Iterable<string>): void {
    for (const name of names) {
      if (name.includes('*')) this.#patterns.push(new RegExp(`^${name.split('*').map(escapeRegExp).join('.*')}$`));
      else if (!this.#series.has(name)) this.#series.set(name, createUnknown(name));
    }
  }

  /** The labels that a scraped series has, beside those that the exporter gives. */
  withTargetLabels(sure: readonly string[], possible: readonly string[], isOpen = false): LabelNames {
    const always = ['job', 'instance', ...sure];
    return {
      sure: new Set(always),
      possible: new Set([...always, ...possible, ...this.#targetLabels]),
      isOpen,
    };
  }

  find(name: string): KnownSeries | undefined {
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    return this.#patterns.some((pattern) => pattern.test(name)) ? createUnknown(name) : undefined;
  }

  /** The family of this name. There may be no series of that name: those of a histogram have suffixes. */
  findFamily(name: string): KnownFamily | undefined {
    return this.#families.get(name);
  }

  /** The families with a series whose name matches. */
  findMatching(pattern: RegExp): readonly KnownSeries[] {
    return [...this.#series].filter(([name]) => pattern.test(name)).map(([, series]) => series);
  }

  findNearest(name: string): string | undefined {
    return findNearest(name, this.#series.keys());
  }

  get hasPatterns(): boolean {
    return this.#patterns.length > 0;
  }

  #familyOf(entry: CatalogueEntry): Omit<KnownFamily, 'isOwn' | 'name'> {
    const { kind, labels, buckets, initial } = entry;
    const closed = labels.filter(({ oneOf, hash }) => oneOf !== undefined && !hash);
    const names = labels.map((label) => listEscapedLabels(label.name));
    return {
      kind,
      labels: this.withTargetLabels(names.filter(({ length }) => length === 1).flat(), names.flat()),
      values: new Map(
        closed.flatMap(({ name, oneOf = [] }) =>
          listEscapedLabels(name).map((label) => [label, [...oneOf, overflowValue]] as const),
        ),
      ),
      ...(buckets !== undefined && { buckets }),
      ...(initial !== undefined && { startsAtZero: initial === 'all' || initial.length > 0 }),
      ...('native' in entry && entry.native !== undefined && { isNative: true }),
    };
  }
}

/** The series of a name of which nothing else is known. Its ending tells buckets. */
function createUnknown(name: string): KnownSeries {
  const labels: LabelNames = { sure: new Set(), possible: new Set(), isOpen: true };
  const family: KnownFamily = { name, kind: 'unknown', isOwn: false, labels, values: new Map() };
  return { family, kind: name.endsWith('_bucket') ? 'buckets' : 'unknown', labels };
}
