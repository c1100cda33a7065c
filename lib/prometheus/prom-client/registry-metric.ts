import { runInSlices } from '../../async/slices.js';
import { type Aggregator, defaultAggregator, type Family } from '../../families/family.js';
import type { MetricKind } from '../../families/kinds.js';
import type { FamilyHandle } from '../../recorder/handles.js';
import type { StoredFamily } from '../../store/companion.js';
import { CollectedSamples, type SampleSnapshot } from '../../store/snapshot.js';
import { addsTotal, defaultLabels, type ExternalRegistry } from './external-families.js';

type Labels = Readonly<Record<string, unknown>>;

/** A family of ours as a metric of a prom-client registry: the registry writes, aggregates, resets and finds it. */
export interface RegistryMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricKind;
  readonly aggregator: string;
  readonly labelNames: readonly string[];
  /** The values as `getMetricsAsJSON()` gives them. */
  get(): Promise<object>;
  /** The values as `metrics()` writes them. */
  getForPromString(): Promise<object>;
  reset(): void;
  remove(...labels: unknown[]): void;
  labels(...labels: unknown[]): object;
}

/** The metric that stands for a family in a registry, with the operations that a metric of prom-client of its kind has. */
export function createRegistryMetric(stored: StoredFamily, registry: ExternalRegistry): RegistryMetric {
  const { family, name } = stored;
  const { help, kind: type } = family;
  const labelNames = Object.keys(family.labels);
  const read = (spellBound: SpellBound) => readValues(stored, registry, spellBound);
  const toLabels = (given: readonly unknown[]): Labels => nameLabels(labelNames, given);
  return {
    get name() {
      return name;
    },
    // Why ignored: prom-client renames the counters of an OpenMetrics registry, and does not find them again.
    set name(_) {},
    help,
    type,
    aggregator: aggregatorOf(family),
    labelNames,
    get: () => read(toNumber),
    getForPromString: () => read((bound) => bound),
    reset() {
      stored.clear();
      // Why: prom-client resets a gauge without labels to 0.
      if (type === 'gauge' && labelNames.length === 0) stored.handle().set({}, 0);
    },
    remove: (...given) => stored.remove(toLabels(given)),
    labels: (...given) => bindOperations(type, stored, toLabels(given)),
    ...operations(type, stored),
  };
}

type SpellBound = (bound: string) => string | number;

// Why: prom-client gives every bound as a number but the last one.
const toNumber: SpellBound = (bound) => (bound === '+Inf' ? bound : Number(bound));

async function readValues(stored: StoredFamily, registry: ExternalRegistry, spellBound: SpellBound): Promise<object> {
  const { family, name } = stored;
  const { help, kind: type } = family;
  const spell = (sample: string): string =>
    addsTotal(registry) && type === 'counter' ? sample.replace(/_total$/, '') : sample;
  const ownEmpty = emptyLabels(Object.keys(family.labels), registry);
  const toValue = ({ name: sample, labels: { le, ...labels }, value }: SampleSnapshot): object => ({
    metricName: spell(sample),
    labels: { ...ownEmpty, ...labels, ...(le !== undefined && { le: spellBound(le) }) },
    value,
  });
  const exposed = await stored.expose();
  const samples = new CollectedSamples(name);
  await runInSlices(exposed?.write(samples) ?? []);
  return { name: spell(name), help, type, aggregator: aggregatorOf(family), values: samples.samples.map(toValue) };
}

/** For each way to merge the values of several processes, the nearest one that prom-client has. */
const nearestAggregators: Readonly<Record<Aggregator, string>> = {
  sum: 'sum',
  livesum: 'sum',
  min: 'min',
  livemin: 'min',
  max: 'max',
  livemax: 'max',
  // Why the first: it knows neither when a value has changed, nor a label for each process, and this is one of the values.
  mostrecent: 'first',
  livemostrecent: 'first',
  all: 'first',
  liveall: 'first',
};

const aggregatorOf = ({ aggregator, kind }: Family): string =>
  nearestAggregators[aggregator ?? defaultAggregator(kind)];

/** Why: the registry gives its default labels to each value without such a label, and another value may have it so. */
function emptyLabels(own: readonly string[], registry: ExternalRegistry): Labels {
  const clashing = defaultLabels(registry).filter(([name]) => own.includes(name));
  return Object.fromEntries(clashing.map(([name]) => [name, '']));
}

/** The labels of a call: an object, or the values in the order of the names. A label that is not given is empty. */
function nameLabels(names: readonly string[], given: readonly unknown[]): Labels {
  const [first] = given;
  const labels = isLabels(first) ? first : Object.fromEntries(names.map((name, i) => [name, given[i]]));
  return { ...Object.fromEntries(names.map((name) => [name, ''])), ...labels };
}

const isLabels = (given: unknown): given is Labels => typeof given === 'object' && given !== null;

type Operate = (handle: FamilyHandle, labels: Labels, value?: number) => void;

/** The operations of each kind that take labels and a number. */
const operationsOf: Readonly<Record<MetricKind, Readonly<Record<string, Operate>>>> = {
  counter: {
    inc: (handle, labels, by) => handle.inc(labels, by ?? 1),
  },
  gauge: {
    inc: (handle, labels, by) => handle.inc(labels, by ?? 1),
    dec: (handle, labels, by) => handle.dec(labels, by ?? 1),
    set: (handle, labels, value) => handle.set(labels, value as number),
    setToCurrentTime: (handle, labels) => handle.set(labels, Date.now() / 1000),
  },
  histogram: {
    observe: (handle, labels, value) => handle.observe(labels, value as number),
  },
};

/** What a timer does with the seconds that it has measured. */
const timed: Readonly<Partial<Record<MetricKind, 'set' | 'observe'>>> = { gauge: 'set', histogram: 'observe' };

/** The operations of a metric: labels may come before the number. */
function operations(type: MetricKind, stored: StoredFamily): object {
  const call = (operate: Operate) => (first?: unknown, second?: unknown) =>
    isLabels(first)
      ? operate(stored.handle(), first, second as number | undefined)
      : operate(stored.handle(), {}, first as number | undefined);
  return { ...mapOperations(type, call), ...createTimer(type, stored, {}) };
}

/** The operations of a metric with these labels: they take the number alone. */
function bindOperations(type: MetricKind, stored: StoredFamily, labels: Labels): object {
  const call = (operate: Operate) => (value?: number) => operate(stored.handle(), labels, value);
  return { ...mapOperations(type, call), ...createTimer(type, stored, labels) };
}

const mapOperations = (type: MetricKind, call: (operate: Operate) => unknown): object =>
  Object.fromEntries(Object.entries(operationsOf[type]).map(([name, operate]) => [name, call(operate)]));

function createTimer(type: MetricKind, stored: StoredFamily, bound: Labels): object {
  const end = timed[type];
  if (end === undefined) return {};
  const startTimer = (labels: Labels = {}) => {
    const startedAt = performance.now();
    return (more: Labels = {}): number => {
      const seconds = (performance.now() - startedAt) / 1000;
      stored.handle()[end]({ ...bound, ...labels, ...more }, seconds);
      return seconds;
    };
  };
  return { startTimer };
}
