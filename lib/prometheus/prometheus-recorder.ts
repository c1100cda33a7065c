import { randomBytes } from 'node:crypto';
import type { DropReason } from '../error.js';
import { MetricsError, refuseIfAny } from '../error.js';
import { allInstruments } from '../families/declared-instruments.js';
import type { ExternalMetricOperations } from '../families/external-metric.js';
import type { OpenFamily } from '../families/family.js';
import { type Family, sameDefinition } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicies, LabelSet } from '../families/labels.js';
import { AbstractRecorder } from '../recorder/abstract-recorder.js';
import { readCollected, setCollected } from '../recorder/handles.js';
import type { Collector, FamilyRecorder } from '../recorder/metrics-recorder.js';
import { NameRegister } from '../recorder/name-register.js';
import type { Advice } from '../recorder/reports.js';
import { LimitsAdvice, SampleLimitAdvice } from '../store/bounds-advice.js';
import { cardinalityOf, type FamilyCardinality } from '../store/cardinality.js';
import { Collection } from '../store/collection.js';
import { ExpiringRecorder } from '../store/expiring-recorder.js';
import { type Explanation, explained } from '../store/explain.js';
import type { ConstantLabels, ExposedFamily, Scrapable, ScrapeLimits } from '../store/exposed-family.js';
import { hashedWith } from '../store/hashed.js';
import type { LabelTransform } from '../store/label-guard.js';
import { labelText } from '../store/label-text.js';
import { NumberStore } from '../store/number-store.js';
import { exposed, seriesRecorder } from '../store/own-family.js';
import { SampleLimit } from '../store/sample-budget.js';
import { SelfMetrics } from '../store/self-metrics.js';
import type { SeriesRecorder } from '../store/series-recorder.js';
import { type FamilySnapshot, snapshotOf } from '../store/snapshot.js';
import { ExternalMetricRecorder } from './prom-client/external-metric-recorder.js';
import { withProcessMetrics } from './prom-client/process-metrics.js';
import { RegistryBridge } from './prom-client/registry-bridge.js';
import { registryMetric } from './prom-client/registry-metric.js';
import { checkRecorderOptions, type PrometheusRecorderOptions } from './recorder-options.js';

/** Keeps the series in memory and exposes them to Prometheus. */
export class PrometheusRecorder extends AbstractRecorder implements Scrapable {
  readonly #families = new Map<string, SeriesRecorder>();
  readonly #expiring = new Map<string, ExpiringRecorder>();
  readonly #names = new NameRegister();
  readonly #numbers = new NumberStore();
  readonly #self = new SelfMetrics(this.#numbers, this.#names);
  readonly #placed = new WeakMap<ExternalMetricOperations, ExternalMetricRecorder>();
  readonly #collectors = new Map<string, Collector>();
  readonly #collection = new Collection((metric, cause) => this.#countFailure(metric, cause));
  readonly #membership: RegistryBridge | undefined;
  readonly #collecting = new Map<number, Promise<readonly ExposedFamily[]>>();
  readonly #prefix: string;
  readonly #constantLabels: ConstantLabels;
  readonly #maxSeries: number;
  readonly #budget: SampleLimit;
  readonly #advise = (advice: Advice) => this.advise(advice);
  readonly #hash: LabelTransform | undefined;
  readonly #created: boolean;
  readonly #processMetrics: boolean;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(options: PrometheusRecorderOptions = {}) {
    refuseIfAny('new PrometheusRecorder', checkRecorderOptions(options));
    super(options);
    this.#prefix = options.prefix ?? '';
    this.#constantLabels = Object.entries(options.constantLabels ?? {}).map(([name, v]) => [name, labelText(v) ?? '']);
    this.#maxSeries = options.maxSeriesPerFamily ?? 10_000;
    const most = options.maxSamples ?? 100_000;
    this.#budget = new SampleLimit(most, new SampleLimitAdvice(most, () => this.cardinality(), this.#advise));
    this.#hash = hashOf(options.hashKey ?? process.env['FLOWPLANE_METRICS_HASH_KEY']);
    this.#created = options.created ?? false;
    this.#processMetrics = options.processMetrics ?? false;
    this.#membership = options.registry && new RegistryBridge(options.registry);
  }

  override open(family: Family, site = family.site): FamilyRecorder {
    if (family.external !== undefined) return this.#placedIn(family, family.external);
    const recorder = this.#families.has(family.name) ? this.#reopen(family, site) : this.#declare(family, site);
    return this.#expiring.get(family.name) ?? recorder;
  }

  /**
   * Removes the series of a family that have these labels, whatever their other ones; says how many there were. What was
   * held from before, such as a call in flight, does not bring them back.
   */
  remove<P extends LabelPolicies>({ name }: Family<MetricKind, P>, labels: Partial<LabelSet<P>>): number {
    return this.#families.get(name)?.remove(labels) ?? 0;
  }

  /** Every family that a scrape would show, as plain data: for tests and tools. */
  async snapshot(): Promise<FamilySnapshot[]> {
    return (await this.exposedFamilies()).map(snapshotOf);
  }

  /** Forgets every series of a family but its `initial` ones, which are at 0 again. Unknown families are left alone. */
  clear({ name }: Family): void {
    (this.#expiring.get(name) ?? this.#families.get(name))?.clear();
  }

  override collect(family: Family, collector: Collector): void {
    this.open(family);
    this.#collectors.set(family.name, collector);
  }

  /** The labels of every sample: those of the options, and those that the registry gives to everything in it. */
  constantLabels(): ConstantLabels {
    const own = this.#constantLabels;
    const given = this.#membership?.labels() ?? [];
    return [...own, ...given.filter(([name]) => !own.some(([taken]) => taken === name))];
  }

  /** Two scrapes at the same time that wait as long share what is collected. */
  exposedFamilies({ timeoutSeconds = 10 }: ScrapeLimits = {}): Promise<readonly ExposedFamily[]> {
    const running = this.#collecting.get(timeoutSeconds);
    if (running !== undefined) return running;
    // Why not the whole time: what was collected has to be rendered and sent as well.
    const collecting = this.#exposed(timeoutSeconds * 0.8).finally(() => this.#collecting.delete(timeoutSeconds));
    this.#collecting.set(timeoutSeconds, collecting);
    return collecting;
  }

  /** For each family that is declared in the process: whether it was observed, and if not, why not. */
  explain(): Explanation[] {
    return explained(allInstruments(), this.#families, this.#self.reasons);
  }

  /** The families that were opened so far, in that order. */
  openFamilies(): OpenFamily[] {
    return [...this.#families.values()].map(({ family, maxSeries }) => ({
      family,
      name: this.#prefix + family.name,
      maxSeries,
    }));
  }

  /** How many series each family has, and from which labels: the ones that cost most come first. */
  cardinality(): FamilyCardinality[] {
    return cardinalityOf(this.#families.values(), this.#prefix);
  }

  async #exposed(seconds: number): Promise<readonly ExposedFamily[]> {
    for (const expiring of this.#expiring.values()) expiring.sweep(this.now());
    const [own, foreign] = await Promise.all([
      Promise.all([...this.#families.values()].map((recorder) => this.#exposedOwn(recorder, seconds))),
      this.#exposedForeign(seconds),
    ]);
    const self = this.#self.exposed([...this.#families.values()], this.constantLabels());
    const families = [...own.filter((family) => family !== undefined), ...self, ...foreign];
    return this.#processMetrics ? withProcessMetrics(families, this.constantLabels()) : families;
  }

  /** A family of ours, its values computed first where they are; `undefined` where that fails. */
  async #exposedOwn(recorder: SeriesRecorder, seconds: number): Promise<ExposedFamily | undefined> {
    const { family } = recorder;
    const collector = this.#collectors.get(family.name);
    if (collector !== undefined) {
      const given = await this.#collection.of(
        recorder,
        family.name,
        async () => readCollected(await collector()),
        seconds,
      );
      this.#self.collected(family, given !== undefined);
      if (given === undefined) return undefined;
      recorder.remove({});
      setCollected(this, family, given);
    }
    return exposed(recorder, this.#prefix + family.name, this.constantLabels());
  }

  /** What else is in the user's registry, but for what clashes with ours. */
  async #exposedForeign(seconds: number): Promise<ExposedFamily[]> {
    const families = (await this.#membership?.foreign(this.#collection, seconds)) ?? [];
    return families.filter(({ name, type }) => {
      const isTaken = this.#names.isTaken(type, name);
      if (isTaken) this.#countFailure(name, new Error('a family of this recorder has its name'));
      return !isTaken;
    });
  }

  #countFailure(metric: string, cause: unknown): void {
    this.#self.countFailure(metric);
    this.collectorFailed(metric, cause);
  }

  protected override countDrop(family: Family, reason: DropReason): void {
    this.#self.countDrop(family, reason);
  }

  #declare(family: Family, site: string): SeriesRecorder {
    if (this.#hash === undefined && Object.values(family.labels).some(({ hash }) => hash))
      throw hashKeyMissing(family, site);
    this.#membership?.refuseTaken(this.#prefix + family.name, site);
    this.#names.take(family, this.#prefix + family.name, site);
    const recorder = seriesRecorder(family, {
      maxSeries: family.maxSeries ?? this.#maxSeries,
      numbers: this.#numbers,
      budget: this.#budget,
      watch: new LimitsAdvice(family, this.#advise),
      hash: this.#hash,
      created: this.#created && family.kind !== 'gauge' ? secondsSinceEpoch : undefined,
    });
    this.#families.set(family.name, recorder);
    if (family.expireAfterSeconds !== undefined) {
      this.#expiring.set(family.name, new ExpiringRecorder(recorder, family.expireAfterSeconds));
    }
    this.#self.declare(family);
    this.adviseOnName(family);
    this.#register(recorder);
    return recorder;
  }

  #register(recorder: SeriesRecorder): void {
    const { family } = recorder;
    const expose = () => this.#exposedOwn(recorder, 10);
    const name = this.#prefix + family.name;
    this.#membership?.add(registryMetric(family, this.#membership.registry, expose, () => this.clear(family), name));
  }

  #placedIn(family: Family, metric: ExternalMetricOperations): FamilyRecorder {
    const known = this.#placed.get(metric);
    if (known !== undefined) return known;
    const watch = new LimitsAdvice(family, this.#advise);
    const recorder = new ExternalMetricRecorder(family, metric, { maxSeries: this.#maxSeries, watch });
    this.#placed.set(metric, recorder);
    return recorder;
  }

  #reopen(family: Family, site: string): SeriesRecorder {
    const recorder = this.#families.get(family.name) as SeriesRecorder;
    const first = recorder.family;
    if (first === family) return recorder;
    if (!sameDefinition(first, family)) throw this.#names.createClash(family, this.#prefix + family.name, site);
    recorder.declareInitial(family);
    if (first.help !== family.help) {
      this.advise({
        code: 'different_help',
        message: `${site}: family "${family.name}" has another help here (given "${family.help}"); the first stays, "${first.help}", from ${first.site}. Use the same help.`,
      });
    }
    return recorder;
  }
}

const secondsSinceEpoch = (): number => Date.now() / 1000;

function hashOf(key: string | undefined): LabelTransform | undefined {
  if (key === undefined || key === '') return undefined;
  return hashedWith(key === 'random' ? randomBytes(32).toString('hex') : key);
}

function hashKeyMissing({ name }: Family, site: string): MetricsError {
  return new MetricsError(site, [
    {
      code: 'hash_key_missing',
      message: `family "${name}" has a hashed label, but the recorder has no key (given no hashKey). Set FLOWPLANE_METRICS_HASH_KEY, or pass hashKey; hashKey: "random" makes new series at each start.`,
    },
  ]);
}
