import { type DropReason, refuseIfAny } from '../error.js';
import type { CounterFamily, Family, GaugeFamily, HistogramFamily } from '../families/family.js';
import { checkLegacyNames } from '../families/family-checks.js';
import type { LabelPolicies } from '../families/labels.js';
import { adviseOnNaming, type NameValidation } from '../families/naming.js';
import { countCopies, registerCopy } from '../process-state.js';
import { type CounterHandle, FamilyHandle, type GaugeHandle, type HistogramHandle } from './handles.js';
import type { Collector, FamilyRecorder, MetricsRecorder } from './metrics-recorder.js';
import { type Advice, type ReportOptions, Reports, registerRecorder } from './reports.js';

/** The options that every recorder takes. */
export interface RecorderOptions extends ReportOptions {
  /** Seconds on a clock that never goes back, for durations. Default: `performance.now()`. */
  readonly clock?: () => number;
  /**
   * Which names families and labels may have. `'legacy'`: letters, digits and `_`, which every consumer reads. `'utf8'`: any
   * text, such as `http.server.duration`; it is written as it is for a consumer that asks for that, as Prometheus 3 does,
   * and with its other characters escaped for all others. Default: `'legacy'`.
   */
  readonly nameValidation?: NameValidation;
}

const secondCopy: Advice = {
  code: 'second_copy',
  message:
    'flowplane-metrics is loaded more than once in this process (given two copies). They work together, but deduplicate them: npm ls flowplane-metrics.',
};

const monotonicSeconds = (): number => performance.now() / 1000;

/**
 * The base of every recorder: it records by hand, and reports each problem once. An implementation adds `open` and
 * `countDrop`.
 *
 * @example
 * import { AbstractRecorder, defineCounter, NoopRecorder, type Family } from 'flowplane-metrics';
 *
 * class CountingRecorder extends AbstractRecorder {
 *   opened = 0;
 *   open(_family: Family) {
 *     this.opened += 1;
 *     return new NoopRecorder().open();
 *   }
 *   protected countDrop(): void {}
 * }
 *
 * const recorder = new CountingRecorder();
 * recorder.counter(defineCounter({ name: 'logins_total', help: 'Logins' })).inc();
 * console.log(recorder.opened); // 1
 */
export abstract class AbstractRecorder implements MetricsRecorder {
  readonly #reports: Reports;
  readonly #handles = new WeakMap<Family, FamilyHandle>();

  /** Which names the families and labels of this recorder may have. */
  readonly nameValidation: NameValidation;
  readonly #clock: () => number;

  constructor(options: RecorderOptions = {}) {
    this.#reports = new Reports(options);
    this.#clock = options.clock ?? monotonicSeconds;
    this.nameValidation = options.nameValidation ?? 'legacy';
    registerRecorder(this);
    const conflict = registerCopy();
    if (conflict !== undefined) this.advise({ code: 'second_copy', message: conflict });
    if (countCopies() > 1) this.advise(secondCopy);
  }

  abstract open(family: Family, site?: string): FamilyRecorder;

  /** Counts an observation of this family that was not recorded. */
  protected abstract countDrop(family: Family, reason: DropReason): void;

  collect(_family: Family, _collector: Collector): void {}

  /** @throws MetricsError `illegal_name` or `illegal_label` where the family has a name that this recorder does not take. */
  protected refuseIllegalNames(family: Family, site: string): void {
    if (this.nameValidation === 'legacy') refuseIfAny(site, checkLegacyNames(family));
  }

  /** Advises on the name, as it is exposed, of a family that is opened for the first time. */
  protected adviseOnName(family: Family, name = family.name): void {
    const message = adviseOnNaming(family, name);
    if (message !== undefined) this.advise({ code: 'naming', message });
  }

  dropped(family: Family, reason: DropReason, site: string, cause?: unknown): void {
    this.countDrop(family, reason);
    this.#reports.dropped(family.name, reason, site, cause);
  }

  /** Reports, once per metric, that a scrape did not have it, and what to do. */
  protected collectorFailed(metric: string, cause: unknown, remedy?: string): void {
    this.#reports.collectorFailed(metric, cause, remedy);
  }

  now(): number {
    try {
      return this.#clock();
    } catch {
      // Why not thrown: the clock is read inside the calls of the service. The duration is dropped and counted.
      return Number.NaN;
    }
  }

  advise(advice: Advice): void {
    this.#reports.advise(advice);
  }

  counter<P extends LabelPolicies>(family: CounterFamily<P>): CounterHandle<P> {
    return this.#handle(family);
  }

  gauge<P extends LabelPolicies>(family: GaugeFamily<P>): GaugeHandle<P> {
    return this.#handle(family);
  }

  histogram<P extends LabelPolicies>(family: HistogramFamily<P>): HistogramHandle<P> {
    return this.#handle(family);
  }

  // Why the type parameter: one class is the handle of every kind, and the types of each kind show what it allows.
  #handle<Handle>(family: Family): Handle {
    let handle = this.#handles.get(family);
    if (handle === undefined) {
      handle = new FamilyHandle(this, family);
      this.#handles.set(family, handle);
    }
    return handle as Handle;
  }
}
