import { allInstruments, type Declaration, instrumentsOfClass } from '../families/declared-instruments.js';
import { type Family, sameDefinition } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicy } from '../families/label-policy.js';
import type { OpenFamily } from '../families/open-family.js';
import { defaultMaxSeriesPerFamily, samplesPerSeries } from '../store/limits.js';

/** A label of a catalogued family, with the bounds of its values. */
export interface CatalogueLabel extends LabelPolicy {
  readonly name: string;
}

/** One family, as a reviewer wants to see it before it ships. */
export interface CatalogueEntry {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit?: string;
  readonly help: string;
  readonly labels: readonly CatalogueLabel[];
  /** Of a histogram, its buckets' upper bounds. */
  readonly buckets?: readonly number[];
  /** The annotated methods that feed it, e.g. `@Gauge on ClusterService.list`; none where it is recorded by hand. */
  readonly fedBy: readonly string[];
  /** How many series there can be at worst, `other` and absent values included. */
  readonly seriesAtMost: number;
  /** How many samples they are exposed as: a histogram's series is its buckets + 3. */
  readonly samplesAtMost: number;
}

/** A class whose methods are annotated, or a function that was instrumented. */
// biome-ignore lint/suspicious/noExplicitAny: any class.
type Annotated = (abstract new (...args: any) => unknown) | ((...args: any) => unknown);

/** Where something is declared: a class, a function, or a shared family, which may be recorded by hand. */
export type Declaring = Annotated | Family;

/** A recorder that knows its families. */
interface Recorder {
  openFamilies(): readonly OpenFamily[];
}

/**
 * What is measured, as data, by name: by these classes, functions and shared families, by this recorder, or, without
 * either, by everything that is annotated in the process.
 */
export function catalogue(source?: readonly Declaring[] | Recorder): CatalogueEntry[] {
  const declaring = source === undefined || isRecorder(source) ? [] : source;
  const instruments = declaring.length > 0 ? declaring.flatMap(instrumentsOn) : allInstruments();
  const shared = declaring.filter(isFamily);
  const families = isRecorder(source) ? source.openFamilies() : declaredFamilies(shared, instruments);
  return families.map((open) => entry(open, instruments)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isRecorder = (source: readonly Declaring[] | Recorder | undefined): source is Recorder =>
  source !== undefined && 'openFamilies' in source;

const isFamily = (declaring: Declaring): declaring is Family => typeof declaring !== 'function';

function instrumentsOn(declaring: Declaring): readonly Declaration[] {
  if (isFamily(declaring)) return [];
  const { prototype } = declaring;
  return [...instrumentsOfClass(declaring), ...(prototype ? instrumentsOfClass(prototype) : [])];
}

/** The families that are shared or fed, each once: two of one name are both there, as the recorder would refuse the second. */
function declaredFamilies(shared: readonly Family[], instruments: readonly Declaration[]): OpenFamily[] {
  const families: Family[] = [];
  for (const family of [...shared, ...instruments.map((one) => one.family)]) {
    if (family.external === undefined && !families.some((known) => isSame(known, family))) families.push(family);
  }
  return families.map((family) => ({
    family,
    name: family.name,
    maxSeries: family.maxSeries ?? defaultMaxSeriesPerFamily,
  }));
}

const isSame = (a: Family, b: Family): boolean => a.name === b.name && sameDefinition(a, b);

function entry({ family, name, maxSeries }: OpenFamily, instruments: readonly Declaration[]): CatalogueEntry {
  const { kind, unit, help, labels, buckets } = family;
  const possible = Object.values(labels).reduce((product, policy) => product * valuesAtMost(policy), 1);
  const seriesAtMost = Math.min(possible, maxSeries);
  return {
    name,
    kind,
    ...(unit !== undefined && { unit }),
    help,
    labels: Object.entries(labels).map(([label, policy]) => ({ name: label, ...policy })),
    ...(kind === 'histogram' && { buckets }),
    fedBy: [...new Set(instruments.filter((one) => isSame(one.family, family)).map(({ site }) => site))],
    seriesAtMost,
    samplesAtMost: seriesAtMost * samplesPerSeries(family),
  };
}

/** How many values a label can have: those that are listed or allowed, `other`, and none. */
const valuesAtMost = ({ oneOf, limit = Infinity }: LabelPolicy): number => (oneOf?.length ?? limit) + 2;
