import type { DropReason } from '../error.js';
import type { CounterFamily, Family, GaugeFamily, HistogramFamily } from '../families/family.js';
import type { Policies } from '../families/label-policy.js';
import { namingAdvice } from '../families/naming-advice.js';
import { copies } from '../process-state.js';
import type { Advice } from './advice.js';
import { registerRecorder } from './attach.js';
import { type CounterHandle, FamilyHandle, type GaugeHandle, type HistogramHandle } from './handles.js';
import type { Collector, FamilyRecorder, MetricsRecorder } from './metrics-recorder.js';
import { type ReportOptions, Reports } from './reports.js';

/** The options that every recorder takes. */
export interface RecorderOptions extends ReportOptions {
  /** Seconds on a clock that never goes back, for durations. Default: `performance.now()`. */
  readonly clock?: () => number;
}

const secondCopy: Advice = {
  code: 'second_copy',
  message:
    'flowplane-metrics is loaded more than once in this process (given two copies). They work together, but deduplicate them: npm ls flowplane-metrics.',
};

const monotonicSeconds = (): number => performance.now() / 1000;

/** What every recorder shares: recording by hand, and telling once. An implementation adds `open` and `countDrop`. */
export abstract class AbstractRecorder implements MetricsRecorder {
  readonly #reports: Reports;
  readonly #byHand = new WeakMap<Family, FamilyHandle>();

  readonly #clock: () => number;

  constructor(options: RecorderOptions = {}) {
    this.#reports = new Reports(options);
    this.#clock = options.clock ?? monotonicSeconds;
    registerRecorder(this);
    if (copies() > 1) this.advise(secondCopy);
  }

  abstract open(family: Family, site?: string): FamilyRecorder;

  /** Counts an observation of this family that was not recorded. */
  protected abstract countDrop(family: Family, reason: DropReason): void;

  collect(_family: Family, _collector: Collector): void {}

  /** Remarks on the name of a family that is opened for the first time. */
  protected adviseOnName(family: Family): void {
    const message = namingAdvice(family);
    if (message !== undefined) this.advise({ code: 'naming', message });
  }

  dropped(family: Family, reason: DropReason, site: string, cause?: unknown): void {
    this.countDrop(family, reason);
    this.#reports.dropped(family.name, reason, site, cause);
  }

  /** Tells, once per metric, that a scrape went without it. */
  protected collectorFailed(metric: string, cause: unknown): void {
    this.#reports.collectorFailed(metric, cause);
  }

  now(): number {
    try {
      return this.#clock();
    } catch {
      // Why not thrown: this is asked in the middle of the service's own calls. The duration is dropped and counted.
      return Number.NaN;
    }
  }

  advise(advice: Advice): void {
    this.#reports.advise(advice);
  }

  counter<P extends Policies>(family: CounterFamily<P>): CounterHandle<P> {
    return this.#handle(family);
  }

  gauge<P extends Policies>(family: GaugeFamily<P>): GaugeHandle<P> {
    return this.#handle(family);
  }

  histogram<P extends Policies>(family: HistogramFamily<P>): HistogramHandle<P> {
    return this.#handle(family);
  }

  // Why the type parameter: one class records by hand for every kind, and each kind shows what its types allow.
  #handle<Handle>(family: Family): Handle {
    let handle = this.#byHand.get(family);
    if (handle === undefined) {
      handle = new FamilyHandle(this, family);
      this.#byHand.set(family, handle);
    }
    return handle as Handle;
  }
}
