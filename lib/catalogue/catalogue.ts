import { allInstruments, type Declaration, instrumentsOfClass } from '../families/declared-instruments.js';
import {
  type Aggregator,
  countSamplesPerSeries,
  defaultMaxSeries,
  type Family,
  type OpenFamily,
  sameDefinition,
} from '../families/family.js';
import { kinds, type MetricKind } from '../families/kinds.js';
import { countSeriesAtMost, type Initial, type LabelPolicy } from '../families/labels.js';
import { decideNative, type NativeHistogramSettings } from '../families/native-histogram.js';
import type { Objective } from '../families/objective.js';
import { nativeBytesAtMost } from '../store/native-histograms.js';

/** A label of a family in the catalogue, with the limits of its values. */
export interface CatalogueLabel extends LabelPolicy {
  readonly name: string;
}

/** The native buckets of a histogram in the catalogue. */
export interface CatalogueNativeBuckets {
  /** The schema of a series without too many buckets. */
  readonly schema: number;
  /** How many buckets a series may have. */
  readonly maxBuckets: number;
  /** The maximum number of bytes that these buckets take in memory, of all series together. */
  readonly bytesAtMost: number;
}

/** One family of the catalogue, with everything that a review needs. */
export interface CatalogueEntry {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit?: string;
  readonly help: string;
  readonly labels: readonly CatalogueLabel[];
  /** How the values of several processes become one, where it is declared. */
  readonly aggregator?: Aggregator;
  /** The upper bounds of the buckets of a histogram. */
  readonly buckets?: readonly number[];
  /** The declared service level objective. */
  readonly objective?: Objective;
  /** The native buckets of a histogram, if it has any. */
  readonly native?: CatalogueNativeBuckets;
  /** The label sets that exist at 0 before the first observation; `'all'` for every combination of the `oneOf` values. */
  readonly initial: Initial;
  /** The decorated methods that feed it, for example `@Gauge on ClusterService.list`; none where it is recorded by hand. */
  readonly fedBy: readonly string[];
  /** The maximum number of series, with `other` and absent values. */
  readonly seriesAtMost: number;
  /** The maximum number of exposed samples: a series of a histogram has its buckets + 3, and one more with native ones. */
  readonly samplesAtMost: number;
}

/** A class with decorated methods, or an instrumented function. */
// biome-ignore lint/suspicious/noExplicitAny: any class.
type Instrumentable = (abstract new (...args: any) => unknown) | ((...args: any) => unknown);

/** What declares families: a class, a function, or a family itself, which may be recorded by hand. */
export type CatalogueSource = Instrumentable | Family;

/** A recorder that lists its families. */
interface ListingRecorder {
  openFamilies(): readonly OpenFamily[];
}

/**
 * Lists what is measured, as data, sorted by name: by these classes, functions and families, or by this recorder; without
 * either, by everything that is decorated in the process. Metrics of prom-client are left out, also those that a decorator
 * feeds: they declare no limits.
 *
 * @example
 * import { Counter, catalogue } from 'flowplane-metrics';
 *
 * class Auth {@Counter({ name: 'denied_total', help: 'Denied requests', labels: { team: (team) => team } })
 *   deny(team: string): void {}
 * }
 *
 * const [denied] = catalogue([Auth]);
 * console.log(denied?.name, denied?.fedBy); // denied_total [ '@Counter on Auth.deny' ]
 */
export function catalogue(source?: readonly CatalogueSource[] | ListingRecorder): CatalogueEntry[] {
  const sources = source === undefined || isRecorder(source) ? [] : source;
  const instruments = sources.length > 0 ? sources.flatMap(listInstruments) : allInstruments();
  const families = isRecorder(source) ? source.openFamilies() : listFamilies(sources.filter(isFamily), instruments);
  return families.map((open) => createEntry(open, instruments)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isRecorder = (source: readonly CatalogueSource[] | ListingRecorder | undefined): source is ListingRecorder =>
  source !== undefined && 'openFamilies' in source;

const isFamily = (source: CatalogueSource): source is Family => typeof source !== 'function';

function listInstruments(source: CatalogueSource): readonly Declaration[] {
  if (isFamily(source)) return [];
  const { prototype } = source;
  return [...instrumentsOfClass(source), ...(prototype ? instrumentsOfClass(prototype) : [])];
}

/** Lists the families, each once. Two different ones of one name are both listed: a recorder would refuse the second. */
function listFamilies(declared: readonly Family[], instruments: readonly Declaration[]): OpenFamily[] {
  const families: Family[] = [];
  for (const family of [...declared, ...instruments.map((one) => one.family)]) {
    if (family.external === undefined && !families.some((known) => isSame(known, family))) families.push(family);
  }
  return families.map((family) => {
    const native = kinds[family.kind].hasBuckets ? decideNative(family.native) : undefined;
    const maxSeries = family.maxSeries ?? defaultMaxSeries;
    return { family, name: family.name, maxSeries, ...(native !== undefined && { native }) };
  });
}

const isSame = (a: Family, b: Family): boolean => a.name === b.name && sameDefinition(a, b);

function createEntry(
  { family, name, maxSeries, native }: OpenFamily,
  instruments: readonly Declaration[],
): CatalogueEntry {
  const { kind, unit, help, labels, aggregator, buckets, initial } = family;
  const seriesAtMost = countSeriesAtMost(labels, maxSeries);
  const declarations = instruments.filter((one) => isSame(one.family, family));
  // Why of any: one of several methods that feed a family may declare its objective.
  const objective = family.objective ?? declarations.find((one) => one.family.objective)?.family.objective;
  return {
    name,
    kind,
    ...(unit !== undefined && { unit }),
    help,
    labels: Object.entries(labels).map(([label, policy]) => ({ name: label, ...policy })),
    ...(aggregator !== undefined && { aggregator }),
    ...(kinds[kind].hasBuckets && { buckets }),
    ...(objective !== undefined && { objective }),
    ...(native !== undefined && { native: createNativeEntry(native, seriesAtMost) }),
    initial,
    fedBy: [...new Set(declarations.map(({ site }) => site))],
    seriesAtMost,
    samplesAtMost: seriesAtMost * countSamplesPerSeries(family, native),
  };
}

const createNativeEntry = (native: NativeHistogramSettings, series: number): CatalogueNativeBuckets => ({
  schema: native.schema,
  maxBuckets: native.maxBuckets,
  bytesAtMost: series * nativeBytesAtMost(native),
});
