import { randomBytes } from 'node:crypto';
import { type DropReason, dropReasons } from '../definition/drop-reason.js';
import { type Family, family as familyOf, sameDefinition } from '../definition/family.js';
import { allInstruments } from '../definition/instruments.js';
import type { MetricKind } from '../definition/kind.js';
import type { LabelSet, Policies } from '../definition/label-policy.js';
import { MetricsError, refuseIfAny } from '../error.js';
import type { ExposedFamily, Scrapable } from '../exposition/exposed-family.js';
import { type FamilySnapshot, snapshotOf } from '../exposition/snapshot.js';
import { hashedWith } from '../labels/hashed.js';
import type { Disguise } from '../labels/label-domain.js';
import { labelText } from '../labels/label-text.js';
import { AbstractRecorder } from '../recorder/abstract-recorder.js';
import type { FamilyRecorder } from '../recorder/metrics-recorder.js';
import { NameRegister } from '../recorder/name-register.js';
import { NumberStore } from '../series/number-store.js';
import { ExpiringRecorder } from './expiring-recorder.js';
import { type Explanation, explained } from './explain.js';
import { type ConstantLabels, exposed, seriesRecorder } from './own-family.js';
import { withProcessMetrics } from './process-metrics.js';
import { type PrometheusRecorderOptions, recorderProblems } from './recorder-options.js';
import type { SeriesRecorder } from './series-recorder.js';

const droppedFamily = familyOf(
  'counter',
  {
    name: 'flowplane_metrics_dropped_total',
    help: 'Observations that were not recorded, by metric and reason',
    labels: { metric: {}, reason: { oneOf: dropReasons } },
  },
  'flowplane-metrics',
);

/** Keeps the series in memory and exposes them to Prometheus. */
export class PrometheusRecorder extends AbstractRecorder implements Scrapable {
  readonly #families = new Map<string, SeriesRecorder>();
  readonly #expiring = new Map<string, ExpiringRecorder>();
  readonly #names = new NameRegister();
  readonly #numbers = new NumberStore();
  readonly #dropped = seriesRecorder(droppedFamily, { maxSeries: Infinity, hash: undefined, numbers: this.#numbers });
  readonly #reasons = new Map<string, Set<DropReason>>();
  readonly #prefix: string;
  readonly #constantLabels: ConstantLabels;
  readonly #maxSeries: number;
  readonly #hash: Disguise | undefined;
  readonly #processMetrics: boolean;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(options: PrometheusRecorderOptions = {}) {
    refuseIfAny('new PrometheusRecorder', recorderProblems(options));
    super(options);
    this.#prefix = options.prefix ?? '';
    this.#constantLabels = Object.entries(options.constantLabels ?? {}).map(([name, v]) => [name, labelText(v) ?? '']);
    this.#maxSeries = options.maxSeriesPerFamily ?? 10_000;
    this.#hash = hashOf(options.hashKey ?? process.env['FLOWPLANE_METRICS_HASH_KEY']);
    this.#processMetrics = options.processMetrics ?? false;
    this.#names.take(droppedFamily, droppedFamily.name, droppedFamily.site);
  }

  override open(family: Family, site = family.site): FamilyRecorder {
    const recorder = this.#families.has(family.name) ? this.#reopen(family, site) : this.#declare(family, site);
    return this.#expiring.get(family.name) ?? recorder;
  }

  /**
   * Removes the series of a family that have these labels, whatever their other ones; says how many there were. What was
   * held from before, such as a call in flight, does not bring them back.
   */
  remove<P extends Policies>({ name }: Family<MetricKind, P>, labels: Partial<LabelSet<P>>): number {
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

  async exposedFamilies(): Promise<readonly ExposedFamily[]> {
    for (const expiring of this.#expiring.values()) expiring.sweep(this.now());
    const own = [...this.#families].map(([name, recorder]) =>
      exposed(recorder, this.#prefix + name, this.#constantLabels),
    );
    const families = [...own, exposed(this.#dropped, droppedFamily.name, this.#constantLabels)];
    return this.#processMetrics ? withProcessMetrics(families) : families;
  }

  /** For each family that is declared in the process: whether it was observed, and if not, why not. */
  explain(): Explanation[] {
    return explained(allInstruments(), this.#families, this.#reasons);
  }

  protected override countDrop(family: Family, reason: DropReason): void {
    this.#dropped.add(this.#placeOfDrops(family, reason), 1);
    const reasons = this.#reasons.get(family.name) ?? new Set();
    this.#reasons.set(family.name, reasons.add(reason));
  }

  #placeOfDrops({ name }: Family, reason: DropReason): number {
    return this.#dropped.place([name, reason], true) as number;
  }

  #declare(family: Family, site: string): SeriesRecorder {
    if (this.#hash === undefined && Object.values(family.labels).some(({ hash }) => hash))
      throw hashKeyMissing(family, site);
    this.#names.take(family, this.#prefix + family.name, site);
    const recorder = seriesRecorder(family, {
      maxSeries: family.maxSeries ?? this.#maxSeries,
      numbers: this.#numbers,
      hash: this.#hash,
    });
    this.#families.set(family.name, recorder);
    if (family.expireAfterSeconds !== undefined) {
      this.#expiring.set(family.name, new ExpiringRecorder(recorder, family.expireAfterSeconds));
    }
    for (const reason of dropReasons) this.#placeOfDrops(family, reason);
    return recorder;
  }

  #reopen(family: Family, site: string): SeriesRecorder {
    const recorder = this.#families.get(family.name) as SeriesRecorder;
    const first = recorder.family;
    if (first === family) return recorder;
    if (!sameDefinition(first, family)) throw this.#names.clash(family, this.#prefix + family.name, site);
    if (first.help !== family.help) {
      this.advise({
        code: 'different_help',
        message: `${site}: family "${family.name}" has another help here (given "${family.help}"); the first stays, "${first.help}", from ${first.site}. Use the same help.`,
      });
    }
    return recorder;
  }
}

function hashOf(key: string | undefined): Disguise | undefined {
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
