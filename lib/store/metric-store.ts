import { randomBytes } from 'node:crypto';
import type { SharedWork } from '../async/shared-runs.js';
import { Slices } from '../async/slices.js';
import { type DropReason, MetricsError, refuseIfAny } from '../error.js';
import { allInstruments } from '../families/declared-instruments.js';
import { checkEscapedLabels } from '../families/escaping.js';
import { defaultMaxSeries, type Family, type OpenFamily, sameDefinition } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicies, LabelSet } from '../families/labels.js';
import { decideNative } from '../families/native-histogram.js';
import { finishCalls } from '../instrumentation/unfinished-calls.js';
import { AbstractRecorder, type RecorderOptions } from '../recorder/abstract-recorder.js';
import { FamilyHandle } from '../recorder/handles.js';
import type { Collector, FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { NameRegister } from '../recorder/name-register.js';
import { countCardinality, type FamilyCardinality } from './cardinality.js';
import { declareCellStore } from './cell-access.js';
import { CellLogs } from './cell-logs.js';
import type { CellLog, CellStore, Taker } from './cells.js';
import { Collectors } from './collectors.js';
import type { Companion, ScrapeScope } from './companion.js';
import { adviseOnExemplar } from './exemplar-labels.js';
import { Exemplars } from './exemplars.js';
import { ExpiringRecorder } from './expiry.js';
import { type Explanation, explainFamilies } from './explain.js';
import type { ConstantLabels, ExposedFamily, Scrapable, ScrapeLimits } from './exposed-family.js';
import { fillGauge } from './fill-gauge.js';
import { labelText } from './label-text.js';
import { defaultMaxSamples, SampleLimit } from './limits.js';
import { LimitsAdvice, SampleLimitAdvice } from './limits-advice.js';
import { watchSums } from './negative-sums.js';
import { NumberStore } from './numbers.js';
import { hashWith, type LabelTransform } from './redaction.js';
import { chooseFamilies } from './selection.js';
import { SelfMetrics } from './self-metrics.js';
import { createSeriesRecorder, type SeriesOptions, type SeriesRecorder, toExposedFamily } from './series-recorders.js';
import type { SeriesTable } from './series-table.js';
import { type FamilySnapshot, snapshotOf } from './snapshot.js';
import { WallClock } from './wall-clock.js';

/** How a store names, labels and limits what it keeps. */
export interface StoreOptions extends RecorderOptions {
  /**
   * Give counters `…_total` and histogram buckets exemplars: the trace of an observation, if a sampled span of OpenTelemetry
   * was active at the call, or what was given by hand. Default `true`; `false` ignores both.
   */
  readonly exemplars?: boolean;
  /**
   * Expose in OpenMetrics when each counter and histogram series was created, as `_created`: a sample more for each of them.
   * Protocol Buffers tell that always, without a sample more. Default `false`.
   */
  readonly created?: boolean;
  /**
   * Count all histograms in native buckets too, beside their classic ones, unless a family says `native: false`. Only protobuf
   * shows them. Default `false`.
   */
  readonly nativeHistograms?: boolean;
  /** The beginning of the names of all families, e.g. `billing_`. The recorder's own metrics keep their names. */
  readonly prefix?: string;
  /** Labels of every sample of this recorder; a family's own label of the same name wins. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  /** How many label sets a family may have, unless the family says otherwise. Default 10,000. */
  readonly maxSeriesPerFamily?: number;
  /** How many samples all families together may expose; a label set of a histogram has its buckets + 3, and one more with native ones. Default 100,000. */
  readonly maxSamples?: number;
  /** The key of labels with `hash: true`. Default: `FLOWPLANE_METRICS_HASH_KEY`. `'random'`: a new key at each start. */
  readonly hashKey?: string;
}

/**
 * Keeps series in memory, within limits, and exposes them: it knows no format, and no other library of metrics. A push
 * exporter reads it as a server does, through `exposedFamilies()`. A `PrometheusRecorder` is one.
 *
 * @example
 * import { defineGauge, type MetricStore, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const listNames = async (store: MetricStore) => (await store.exposedFamilies()).map(({ name }) => name);
 * const recorder = new PrometheusRecorder();
 * recorder.gauge(defineGauge({ name: 'rooms', help: 'Free rooms' })).set({}, 3);
 * console.log((await listNames(recorder))[0]); // rooms
 */
export class MetricStore extends AbstractRecorder implements Scrapable {
  static {
    declareCellStore<MetricStore>(MetricStore.prototype, (store) => store.#readCells());
  }

  readonly #recorders = new Map<string, SeriesRecorder>();
  readonly #expiring = new Map<string, ExpiringRecorder>();
  readonly #names = new NameRegister();
  readonly #numbers = new NumberStore();
  readonly #exemplars: Exemplars | undefined;
  readonly #self: SelfMetrics;
  /** Why objects: the same function may compute several gauges, each in runs of its own. */
  readonly #collectorOf = new Map<string, { readonly collect: Collector }>();
  readonly #collectors = new Collectors((metric, cause) => this.#countFailure(metric, cause));
  readonly #companion: Companion | undefined;
  /** The names of the families whose negative sums were advised on. */
  readonly #negativeSums = new Set<string>();
  readonly #cellLogs: CellLogs;
  readonly #prefix: string;
  readonly #constantLabels: ConstantLabels;
  readonly #maxSeriesPerFamily: number;
  readonly #sampleLimit: SampleLimit;
  readonly #hash: LabelTransform | undefined;
  readonly #hasCreatedSamples: boolean;
  readonly #hasNativeHistograms: boolean;
  readonly #wallClock = new WallClock();
  readonly #clock = (): number => this.now();

  constructor(options: StoreOptions = {}, companion?: Companion) {
    super(options);
    this.#companion = companion;
    this.#prefix = options.prefix ?? '';
    this.#constantLabels = Object.entries(options.constantLabels ?? {}).map(([name, v]) => [name, labelText(v) ?? '']);
    this.#maxSeriesPerFamily = options.maxSeriesPerFamily ?? defaultMaxSeries;
    const max = options.maxSamples ?? defaultMaxSamples;
    const advice = new SampleLimitAdvice(
      max,
      () => this.#countCardinality(),
      (one) => this.advise(one),
    );
    this.#sampleLimit = new SampleLimit(max, advice);
    this.#exemplars =
      options.exemplars === false
        ? undefined
        : new Exemplars((family, reason, given, isFirst) => {
            if (isFirst) this.advise(adviseOnExemplar(family, reason, given));
            this.#cellLogs.changed();
          });
    this.#self = new SelfMetrics({
      numbers: this.#numbers,
      names: this.#names,
      sampleLimit: this.#sampleLimit,
      exemplars: this.#exemplars,
      wallClock: this.#wallClock.now,
      onChange: () => this.#cellLogs.changed(),
    });
    this.#hash = createHash(options.hashKey ?? process.env['FLOWPLANE_METRICS_HASH_KEY']);
    this.#hasCreatedSamples = options.created ?? false;
    this.#cellLogs = new CellLogs(this.#hasCreatedSamples);
    this.#hasNativeHistograms = options.nativeHistograms ?? false;
  }

  /**
   * @throws MetricsError `family_clash` if another definition has the name, also where that is only so after escaping;
   *   `illegal_name` or `illegal_label` if this recorder does not take a name; `hash_key_missing` if a label needs a key.
   */
  override open(family: Family, site = family.site): FamilyRecorder {
    const known = this.#recorders.get(family.name);
    const recorder = known === undefined ? this.#create(family, site) : this.#reopen(known, family, site);
    return this.#expiring.get(family.name) ?? recorder;
  }

  /**
   * Removes the series of a family that have these labels, whatever their other ones; returns how many there were. A call in
   * flight that holds a removed series does not bring it back.
   */
  remove<P extends LabelPolicies>({ name }: Family<MetricKind, P>, labels: Partial<LabelSet<P>>): number {
    return this.#recorders.get(name)?.series.remove(labels) ?? 0;
  }

  /** Every family that a scrape would show, as plain data: for tests and tools. */
  async snapshot(): Promise<FamilySnapshot[]> {
    const families = await this.exposedFamilies();
    const slices = new Slices();
    const snapshots: FamilySnapshot[] = [];
    for (const family of families) {
      snapshots.push(snapshotOf(family));
      if (slices.isOver) await slices.pause();
    }
    return snapshots;
  }

  /** Removes every series of a family but its `initial` ones, which are at 0 again. Does nothing for an unknown family. */
  clear({ name }: Family): void {
    (this.#expiring.get(name) ?? this.#recorders.get(name)?.series)?.clear();
  }

  /** Computes a gauge's values at each scrape: what the collector gives then is all there is. */
  override collect(family: Family, collector: Collector): void {
    this.open(family);
    this.#collectorOf.set(family.name, { collect: collector });
    this.#cellLogs.close(this.#prefix + family.name);
    this.#cellLogs.changed();
  }

  /** The labels of every sample: those of the options, and those of a registry for everything in it. */
  constantLabels(): ConstantLabels {
    const own = this.#constantLabels;
    const others = this.#companion?.constantLabels() ?? [];
    return [...own, ...others.filter(([name]) => !own.some(([taken]) => taken === name))];
  }

  /**
   * Scrapes at the same time share the runs of collectors, and each waits no longer than its own timeout. A collector that
   * asks is answered by the values that are there.
   */
  exposedFamilies({ timeoutSeconds = 10, names }: ScrapeLimits = {}): Promise<readonly ExposedFamily[]> {
    // Why not the whole time: what was collected still has to be rendered and sent.
    return this.#exposeWithProcess(timeoutSeconds * 0.8, chooseFamilies(names));
  }

  /** How the store is read as cells, in other threads and by what sends them to other processes. */
  #readCells(): CellStore {
    return {
      cells: this.#numbers,
      exemplars: this.#exemplars,
      shareCells: (reader) => this.#numbers.share(reader),
      subscribe: (log) => this.#subscribe(log),
      markExemplarsRead: () => this.#exemplars?.markRead(),
      prepareReading: () => this.#prepareReading(),
      computedFamilies: (limits, taker) => this.#computedFamilies(limits, taker),
      isSettled: (log) => this.#isSettled(log),
      hasProcessMetrics: this.hasProcessMetrics,
    };
  }

  #subscribe(log: CellLog): () => void {
    if (!this.#cellLogs.areThere) this.#updateLogs();
    const unsubscribe = this.#cellLogs.subscribe(log);
    const unfollow = log.exemplar && this.#exemplars?.subscribe(log);
    return () => {
      unsubscribe();
      unfollow?.();
    };
  }

  /** Ends calls that were given up, and removes what has expired, as a scrape does before it reads. */
  async #prepareReading(): Promise<void> {
    finishCalls();
    if (this.#cellLogs.areThere) this.#updateLogs(this.#findRemoved());
    await Promise.all([...this.#expiring.values()].map((expiring) => expiring.sweep(this.#clock)));
  }

  /** The families that are not told to this taker. While nobody follows, those are all. */
  #computedFamilies(
    { timeoutSeconds = 10, names }: ScrapeLimits = {},
    taker: Taker = {},
  ): Promise<readonly ExposedFamily[]> {
    const isChosen = chooseFamilies(names);
    const isComputed = (name: string): boolean => !this.#cellLogs.isLogged(name, taker);
    const isWanted = (name: string): boolean => isChosen(name) && isComputed(name);
    const seconds = timeoutSeconds * 0.8;
    return taker.readsProcess === true ? this.exposeAll(seconds, isWanted) : this.#exposeWithProcess(seconds, isWanted);
  }

  async #exposeWithProcess(seconds: number, isChosen: (name: string) => boolean): Promise<readonly ExposedFamily[]> {
    return this.addProcessMetrics(await this.exposeAll(seconds, isChosen), isChosen);
  }

  /** Not while there are collectors or metrics from elsewhere, series that may expire, or exemplars, which a reading makes room for. */
  #isSettled(log: CellLog): boolean {
    if (this.hasProcessMetrics && log.readsProcess !== true) return false;
    const isComputed = this.#collectorOf.size > 0 || this.#companion !== undefined || this.#expiring.size > 0;
    if (isComputed || this.#exemplars?.isEmpty === false) return false;
    return this.#tables().every(({ family }) => this.#cellLogs.isLogged(this.#prefix + family.name, log));
  }

  /** Whether each scrape shows the metrics of the process too. */
  protected get hasProcessMetrics(): boolean {
    return false;
  }

  /** Adds the metrics of the process to these families, as far as a scrape asks for them. */
  protected async addProcessMetrics(
    families: readonly ExposedFamily[],
    _isChosen: (name: string) => boolean,
  ): Promise<readonly ExposedFamily[]> {
    return families;
  }

  /** Lets the followers have each family whose numbers are all there is to it, with the constant labels of now. */
  #updateLogs(removed: ReadonlySet<Family> = noFamilies): void {
    if (this.#recorders.size > this.#cellLogs.names.length) {
      const names = [...this.#recorders.keys()].slice(this.#cellLogs.names.length);
      this.#cellLogs.addNames(names.map((name) => this.#prefix + name));
    }
    const wanted = new Map<string, SeriesTable>();
    for (const { series } of this.#recorders.values()) {
      // Why not those: a gauge that is computed has no numbers before.
      if (!this.#collectorOf.has(series.family.name) && !removed.has(series.family)) {
        wanted.set(this.#prefix + series.family.name, series);
      }
    }
    this.#cellLogs.update(wanted, this.constantLabels());
  }

  /** Explains each family that is declared in the process: whether it was observed, and if not, why not. */
  explain(): Explanation[] {
    return explainFamilies(allInstruments(), this.#recorders, this.#self.drops);
  }

  /** The families that were opened so far, in that order. */
  openFamilies(): OpenFamily[] {
    return this.#tables().map(({ family, maxSeries, options: { native } }) => ({
      family,
      name: this.#prefix + family.name,
      maxSeries,
      ...(native !== undefined && { native }),
    }));
  }

  /**
   * How many series each family has, and which labels cause them; the family with the most samples first. Series that have
   * expired are removed first; where they are so many that it would take long, the rest go after this has returned.
   */
  cardinality(): FamilyCardinality[] {
    // Why caught: the stack may be exhausted, and nobody waits for the rest.
    for (const expiring of this.#expiring.values()) expiring.sweep(this.#clock).catch(() => undefined);
    return this.#countCardinality();
  }

  #countCardinality(): FamilyCardinality[] {
    return countCardinality(this.#tables(), this.#prefix);
  }

  protected override countDrop(family: Family, reason: DropReason): void {
    this.#self.countDrop(family, reason);
  }

  #tables(): SeriesTable[] {
    return [...this.#recorders.values()].map(({ series }) => series);
  }

  /**
   * Computes everything that one scrape shows, but for the metrics of the process.
   *
   * @param seconds how long each collector may take.
   * @param isChosen whether the scrape asks for the family of this name.
   */
  protected async exposeAll(seconds: number, isChosen: (name: string) => boolean): Promise<readonly ExposedFamily[]> {
    finishCalls();
    const removed = this.#findRemoved();
    const chosen = [...this.#recorders.values()].filter(
      ({ series: { family } }) => isChosen(this.#prefix + family.name) && !removed.has(family),
    );
    const isAnswer = this.#collectors.isAsking;
    const [own, others] = await Promise.all([
      Promise.all(chosen.map((recorder) => this.#expose(recorder, seconds))),
      this.#exposeCompanion({ seconds, isChosen }, removed),
    ]);
    // Why here: in the order of declaration, whichever collector was faster.
    for (const [i, { series }] of chosen.entries()) {
      if (this.#collectorOf.has(series.family.name) && !isAnswer)
        this.#self.setCollectorUp(series.family, own[i] !== undefined);
    }
    const self = this.#exposeSelf().filter(({ name }) => isChosen(name));
    return [...own.filter((family) => family !== undefined), ...self, ...others];
  }

  /** The metrics of the recorder about itself. There are none of a recorder that has no metrics, and has lost none. */
  #exposeSelf(): ExposedFamily[] {
    const isEmpty = this.#recorders.size === 0 && this.#companion === undefined && this.#self.drops.size === 0;
    return isEmpty ? [] : this.#self.toExposedFamilies(this.#tables(), this.constantLabels());
  }

  /** A family as it is exposed, its values computed first if it has a collector; `undefined` if that fails. */
  async #expose(recorder: SeriesRecorder, seconds: number): Promise<ExposedFamily | undefined> {
    const { series } = recorder;
    const { family } = series;
    if (this.#collectorOf.has(family.name)) {
      if (!this.#collectors.isAsking && !(await this.#collect(recorder, seconds))) return undefined;
    } else await this.#expiring.get(family.name)?.sweep(this.#clock);
    const exposed = toExposedFamily(recorder, {
      name: this.#prefix + family.name,
      constant: this.constantLabels(),
      hasCreatedSamples: this.#hasCreatedSamples,
    });
    return this.#watchSums(exposed, family.site);
  }

  /** Computes the values of a gauge by its collector; returns whether they are there. */
  async #collect(recorder: SeriesRecorder, seconds: number): Promise<boolean> {
    const { family } = recorder.series;
    const collector = this.#collectorOf.get(family.name) as { readonly collect: Collector };
    const dropped: MetricsRecorder['dropped'] = (...given) => this.dropped(...given);
    const fill: SharedWork<boolean> = (claim) =>
      fillGauge(recorder, collector.collect, {
        // Why compared: another collector may have taken its place.
        claim: () => this.#collectorOf.get(family.name) === collector && claim(),
        dropped,
        countDrops: (reason, drops) => this.#self.countDrop(family, reason, drops),
      });
    return (await this.#collectors.run(collector, family.name, fill, seconds)) ?? false;
  }

  #findRemoved(): ReadonlySet<Family> {
    try {
      return this.#companion?.removedFamilies() ?? noFamilies;
    } catch {
      // Why without a report: the same fault is reported where the companion's own metrics are read.
      return noFamilies;
    }
  }

  /** The families from elsewhere, without those that clash with a family of the store. */
  async #exposeCompanion(scope: ScrapeScope, removed: ReadonlySet<Family>): Promise<ExposedFamily[]> {
    let families: readonly ExposedFamily[] = [];
    try {
      families = (await this.#companion?.exposedFamilies(this.#collectors, scope)) ?? [];
    } catch (cause) {
      // Why caught: a registry that is broken must cost no metric but its own.
      this.#countFailure('registry', cause);
    }
    return families
      .filter((family) => !this.#isClashing(family, removed))
      .map((family) => this.#watchSums(family, `the metric "${family.name}"`));
  }

  #isClashing({ name, type }: ExposedFamily, removed: ReadonlySet<Family>): boolean {
    const takers = this.#names.findTakers(type, name);
    if (takers.length === 0) return false;
    const isReplaced = takers.every((family) => removed.has(family));
    const cause = isReplaced
      ? "another metric has its name, and this recorder's was removed from the registry"
      : 'a family of this recorder has its name';
    if (!isReplaced) this.#self.countFailure(name);
    this.collectorFailed(name, new Error(cause), 'Give one of them another name');
    return !isReplaced;
  }

  /** Advises once on a family with a negative sum. */
  #watchSums(exposed: ExposedFamily, site: string): ExposedFamily {
    const { name } = exposed;
    if (this.#negativeSums.has(name)) return exposed;
    return watchSums(exposed, (sum) => {
      if (this.#negativeSums.has(name)) return;
      this.#negativeSums.add(name);
      this.advise({
        code: 'negative_sum',
        message: `${site}: family "${name}" has a negative sum (given ${sum}). Prometheus takes it; in OpenMetrics another consumer may refuse the whole scrape. Give the histogram a bound below 0, or record what can be negative in a gauge.`,
      });
    });
  }

  #countFailure(metric: string, cause: unknown): void {
    this.#self.countFailure(metric);
    this.collectorFailed(metric, cause);
  }

  #create(family: Family, site: string): SeriesRecorder {
    const name = this.#prefix + family.name;
    if (this.#hash === undefined && Object.values(family.labels).some(({ hash }) => hash)) {
      throw missingHashKey(family, site);
    }
    this.refuseIllegalNames(family, site);
    this.#refuseEqualLabels(family, site);
    this.#companion?.refuseTakenName(name, site);
    this.#names.take(family, name, site);
    const recorder = this.#createRecorder(family, {
      maxSeries: family.maxSeries ?? this.#maxSeriesPerFamily,
      numbers: this.#numbers,
      sampleLimit: this.#sampleLimit,
      watch: new LimitsAdvice(family, (advice) => this.advise(advice)),
      hash: this.#hash,
      exemplars: family.kind === 'gauge' ? undefined : this.#exemplars,
      native: decideNative(family.native ?? this.#hasNativeHistograms),
      clock: this.#clock,
      wallClock: family.kind === 'gauge' ? undefined : this.#wallClock.now,
    });
    this.#recorders.set(family.name, recorder);
    if (this.#cellLogs.areThere) this.#updateLogs();
    this.adviseOnName(family, name);
    this.#companion?.onCreate({
      family,
      name,
      expose: () => this.#expose(recorder, 10),
      clear: () => this.clear(family),
      remove: (labels) => void recorder.series.remove(labels),
      handle: () => new FamilyHandle(this, family),
    });
    return recorder;
  }

  /** Throws where two labels of a sample would have one name for a consumer that reads no UTF-8 names. */
  #refuseEqualLabels(family: Family, site: string): void {
    if (this.nameValidation === 'legacy') return;
    const names = [...Object.keys(family.labels), ...this.constantLabels().map(([name]) => name)];
    refuseIfAny(site, checkEscapedLabels(new Set(names)));
  }

  #createRecorder(family: Family, options: SeriesOptions): SeriesRecorder {
    const { name, expireAfterSeconds } = family;
    if (expireAfterSeconds === undefined) return createSeriesRecorder(family, options);
    const expiring = new ExpiringRecorder(family, expireAfterSeconds, options);
    this.#expiring.set(name, expiring);
    return expiring.recorder;
  }

  #reopen(recorder: SeriesRecorder, family: Family, site: string): SeriesRecorder {
    const first = recorder.series.family;
    if (first === family) return recorder;
    if (!sameDefinition(first, family)) throw this.#names.createClash(family, this.#prefix + family.name, site);
    recorder.series.createInitial(family);
    if (first.help !== family.help) {
      this.advise({
        code: 'different_help',
        message: `${site}: family "${family.name}" has another help text here (given "${family.help}"); the first one stays, "${first.help}", from ${first.site}. Use the same help text.`,
      });
    }
    return recorder;
  }
}

const noFamilies: ReadonlySet<Family> = new Set();

function createHash(key: string | undefined): LabelTransform | undefined {
  if (key === undefined || key === '') return undefined;
  return hashWith(key === 'random' ? randomBytes(32).toString('hex') : key);
}

function missingHashKey({ name }: Family, site: string): MetricsError {
  return new MetricsError(site, [
    {
      code: 'hash_key_missing',
      message: `family "${name}" has a hashed label, but the recorder has no key (given no hashKey). Set FLOWPLANE_METRICS_HASH_KEY, or pass hashKey; hashKey: "random" makes new series at each start.`,
    },
  ]);
}
