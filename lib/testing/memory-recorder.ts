import { ignoreRejection, isThenable } from '../async/thenable.js';
import type { DropReason } from '../error.js';
import { type Family, type GaugeFamily, sameDefinition } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicies, LabelSet } from '../families/labels.js';
import { finishCalls } from '../instrumentation/unfinished-calls.js';
import { AbstractRecorder, type RecorderOptions } from '../recorder/abstract-recorder.js';
import { type CollectedList, listCollected, readEntry } from '../recorder/handles.js';
import type { CollectedValues, Collector, FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { NameRegister } from '../recorder/name-register.js';
import type { Advice } from '../recorder/reports.js';
import { MemoryFamily } from './memory-family.js';
import { refuseUnknownSample } from './readable-samples.js';
import { type ReadableMetrics, type Sample, type SampleLabels, sameLabels } from './samples.js';

/** An observation that was not recorded. */
export interface Drop {
  readonly metric: string;
  readonly reason: DropReason;
}

/**
 * A recorder for tests. It keeps what was recorded in plain Maps, to be read back; label values are those that production
 * would expose; advice is kept rather than printed.
 *
 * @example
 * import { attachRecorder, Counter } from 'flowplane-metrics';
 * import { MemoryRecorder } from 'flowplane-metrics/testing';
 *
 * class Mailer {@Counter({ name: 'mails_total', help: 'Mails', labels: { to: (to) => to } })
 *   send(to: string): void {}
 * }
 *
 * const recorder = new MemoryRecorder({ strict: true });
 * attachRecorder(new Mailer(), recorder).send('a');
 * console.log(recorder.value('mails_total', { to: 'a' })); // 1
 */
export class MemoryRecorder extends AbstractRecorder implements ReadableMetrics {
  readonly #families = new Map<string, MemoryFamily>();
  readonly #names = new NameRegister();
  readonly #collectors = new Map<string, () => void>();
  /** The dropped observations, in order. */
  readonly drops: Drop[];
  /** The advice, in order. */
  readonly advice: Advice[];

  constructor(options: RecorderOptions = {}) {
    const advice: Advice[] = [];
    super({ onAdvice: (one) => advice.push(one), ...options });
    this.advice = advice;
    this.drops = [];
  }

  override open(family: Family, site = family.site): FamilyRecorder {
    const open = this.#families.get(family.name);
    if (open !== undefined) {
      if (sameDefinition(open.family, family)) return open;
      throw this.#names.createClash(family, family.name, site);
    }
    this.refuseIllegalNames(family, site);
    this.#names.take(family, family.name, site);
    this.adviseOnName(family);
    const recorder = new MemoryFamily(family);
    this.#families.set(family.name, recorder);
    return recorder;
  }

  /** Removes every series of a family; its `initial` ones exist again, at 0. */
  clear({ name }: Family): void {
    this.#families.get(name)?.clear();
  }

  /**
   * Runs a synchronous collector whenever the family is read, except by the collector itself: that sees the values before.
   * An asynchronous one is ignored: reading does not wait.
   */
  override collect(family: Family, collector: Collector): void {
    const { name } = family;
    this.open(family);
    let isRunning = false;
    this.#collectors.set(name, () => {
      if (isRunning) return;
      isRunning = true;
      try {
        const collected = collector();
        if (isThenable(collected)) return ignoreRejection(collected);
        this.#families.get(name)?.remove({});
        setCollected(this, family, readCollected(collected as CollectedValues));
      } finally {
        isRunning = false;
      }
    });
  }

  /** Removes the series of a family that have these labels, and returns their number. */
  remove<P extends LabelPolicies>({ name }: Family<MetricKind, P>, labels: Partial<LabelSet<P>>): number {
    return this.#families.get(name)?.remove(labels) ?? 0;
  }

  families(): string[] {
    return [...this.#families.keys()];
  }

  /** The value of one sample. The samples of a histogram are called `…_count`, `…_sum` and `…_bucket`. */
  value(name: string, labels: SampleLabels = {}): number | undefined {
    refuseUnknownSample(this.#open(), name, labels);
    return this.#find(name, labels);
  }

  increase(name: string, labels: SampleLabels, run: () => PromiseLike<unknown>): Promise<number>;
  increase(name: string, labels: SampleLabels, run: () => unknown): number;
  increase(name: string, labels: SampleLabels, run: () => unknown): number | Promise<number> {
    const before = this.#find(name, labels);
    const grown = (): number => {
      // Why only now: what runs may open the family.
      refuseUnknownSample(this.#open(), name, labels);
      return (this.#find(name, labels) ?? 0) - (before ?? 0);
    };
    const running = run();
    // Why resolved: a thenable may call back at once, or throw.
    return isThenable(running) ? Promise.resolve(running).then(grown) : grown();
  }

  series(name: string): Sample[] {
    refuseUnknownSample(this.#open(), name);
    return this.#list(name);
  }

  #open(): Family[] {
    return Array.from(this.#families.values(), ({ family }) => family);
  }

  #find(name: string, labels: SampleLabels): number | undefined {
    return this.#list(name).find((sample) => sameLabels(sample.labels, labels))?.value;
  }

  #list(name: string): Sample[] {
    finishCalls();
    this.#collectors.get(name)?.();
    return [...this.#families.values()].flatMap((family) => family.samples(name));
  }

  protected override countDrop({ name }: Family, reason: DropReason): void {
    this.drops.push({ metric: name, reason });
  }
}

/** Reads what a collector has returned, as a list. Throws where it is neither a number nor such a list. */
const readCollected = (collected: CollectedValues): CollectedList => listCollected(collected).map(readEntry);

/** Sets a gauge to what a collector has returned; what cannot be recorded is dropped and counted. */
function setCollected(recorder: MetricsRecorder, family: Family, values: CollectedList): void {
  const gauge = recorder.gauge(family as GaugeFamily<LabelPolicies>);
  for (const { labels, value } of values) gauge.set(labels as never, value);
}
