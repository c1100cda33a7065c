import type { DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import { kinds, type MetricKind } from '../families/kinds.js';
import type { NativeHistogramSettings } from '../families/native-histogram.js';
import type { ExemplarLabels, FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { ExemplarSource } from './exemplar-pool.js';
import { ExemplarRow, type Exemplars, mayHaveExemplar } from './exemplars.js';
import type { ConstantLabels, Exemplar, ExposedFamily, HistogramView, SampleWriter } from './exposed-family.js';
import type { NativeExemplars } from './native-exemplars.js';
import { NativeHistograms } from './native-histograms.js';
import { nativeWidth } from './native-pages.js';
import type { NumberStore } from './numbers.js';
import { SeriesTable, type TableOptions } from './series-table.js';
import type { SeriesTrie } from './series-trie.js';

/** How a recorder stores its series; how many numbers each has, the kind knows. */
export interface SeriesOptions extends Omit<TableOptions, 'width' | 'onCreate' | 'onFree' | 'isHeld'> {
  /** Seconds on a clock that never goes back. Default: one that stands still. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Records one family into a table of series, and writes the samples of a series. Each kind overrides the operations that it
 * has. The others do nothing, because the callers look into the table of kinds first.
 */
export abstract class SeriesRecorder implements FamilyRecorder {
  readonly series: SeriesTable;
  /** Whether a number was set or held that may be 0 again. */
  wasTouched = false;
  protected readonly numbers: NumberStore;
  private readonly trie: SeriesTrie;

  constructor(series: SeriesTable, numbers: NumberStore) {
    this.series = series;
    this.numbers = numbers;
    this.trie = series.trie;
  }

  /** Writes one series, whose labels up to this depth were written before. */
  abstract write(series: SeriesId, samples: SampleWriter, depth: number): void;

  /** Whether a number of this series differs from 0. */
  abstract hasMoved(series: SeriesId): boolean;

  /** Whether a lease holds this series. */
  isHeld(_series: SeriesId): boolean {
    return false;
  }

  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    return this.trie.lookup(a, b, c);
  }

  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    return this.series.getOrCreate(values, allowOverflow);
  }

  add(_series: SeriesId, _by: number, _exemplar?: ExemplarLabels): void {}

  set(_series: SeriesId, _value: number): void {}

  observe(_series: SeriesId, _value: number, _exemplar?: ExemplarLabels): void {}

  acquire(_series: SeriesId): void {}

  release(_series: SeriesId): void {}
}

/** One number for each series, which never decreases. */
class CounterRecorder extends SeriesRecorder {
  private readonly exemplars: Exemplars | undefined;
  /** Why here too: OpenMetrics has no place for the exemplars of a counter without `_total`. Those given by hand are counted. */
  private readonly refused: Exemplars | undefined;
  readonly #row: ExemplarRow | undefined;

  constructor(family: Family, options: SeriesOptions) {
    super(new SeriesTable(family, { ...options, width: 1 }), options.numbers);
    if (family.name.endsWith('_total')) this.exemplars = options.exemplars;
    else this.refused = options.exemplars;
    this.#row = this.exemplars && new ExemplarRow(this.exemplars, 1);
  }

  override add(series: SeriesId, by: number, exemplar?: ExemplarLabels): void {
    // Why first: where the stack is exhausted in between, nothing is counted twice. Why not for 0: nothing is counted.
    if (mayHaveExemplar(exemplar)) this.offer(series, by, exemplar);
    this.numbers.add(series, by);
  }

  private offer(series: SeriesId, by: number, exemplar: ExemplarLabels | undefined): void {
    if (by !== 0 && this.exemplars?.wants(series, exemplar)) {
      this.exemplars.offer(series, by, exemplar, this.series.family);
    }
    if (exemplar !== undefined) this.refused?.drop(this.series.family, 'not_supported', 'a name without _total');
  }

  override write(series: SeriesId, samples: SampleWriter, depth: number): void {
    const exemplar = this.#row?.read(series)?.[0];
    samples.value(depth, this.numbers.get(series), this.series.createdAt(series), exemplar);
  }

  override hasMoved(series: SeriesId): boolean {
    return this.numbers.get(series) !== 0;
  }
}

/**
 * Two numbers for each series: its value, which is set or goes up and down, and how many leases are held. Why the second one:
 * the numbers of a removed series must not become another's before the last lease was released.
 */
class GaugeRecorder extends SeriesRecorder {
  readonly #heldAfterRemoval: ReadonlySet<SeriesId>;

  constructor(family: Family, options: SeriesOptions) {
    const isHeld = (series: SeriesId): boolean => options.numbers.get(series + 1) > 0;
    super(new SeriesTable(family, { ...options, width: 2, isHeld }), options.numbers);
    // Why kept here too: each release looks at it, and a step less on its way can be measured.
    this.#heldAfterRemoval = this.series.heldAfterRemoval;
  }

  override add(series: SeriesId, by: number): void {
    this.numbers.add(series, by);
  }

  override set(series: SeriesId, value: number): void {
    this.wasTouched = true;
    this.numbers.set(series, value);
  }

  override acquire(series: SeriesId): void {
    this.wasTouched = true;
    this.numbers.addToBoth(series, 1);
  }

  override release(series: SeriesId): void {
    this.numbers.addToBoth(series, -1);
    if (this.#heldAfterRemoval.size > 0) this.#dispose(series);
  }

  #dispose(series: SeriesId): void {
    try {
      this.series.disposeIfRemoved(series);
    } catch {
      // Why ignored: the stack is exhausted. The lease is released, and the numbers of the removed series stay reserved.
    }
  }

  override isHeld(series: SeriesId): boolean {
    return this.numbers.get(series + 1) > 0;
  }

  override write(series: SeriesId, samples: SampleWriter, depth: number): void {
    samples.value(depth, this.numbers.get(series));
  }

  override hasMoved(series: SeriesId): boolean {
    return this.numbers.get(series) !== 0;
  }
}

/** For each series one count for each bucket, one count for what is above all of them, and the sum. */
class HistogramRecorder extends SeriesRecorder {
  private readonly bounds: Float64Array;
  protected readonly exemplars: Exemplars | undefined;
  readonly #row: ExemplarRow | undefined;
  readonly #view: FilledView;

  constructor(family: Family, options: SeriesOptions, table: Partial<TableOptions> = {}) {
    super(new SeriesTable(family, { ...options, width: classicWidth(family), ...table }), options.numbers);
    this.bounds = new Float64Array(family.buckets);
    this.exemplars = options.exemplars;
    this.#row = options.exemplars && new ExemplarRow(options.exemplars, family.buckets.length + 1);
    this.#view = {
      upperBounds: [...family.buckets, Infinity],
      cumulativeCounts: new Float64Array(family.buckets.length + 1),
      sum: 0,
      count: 0,
      createdAt: undefined,
      exemplars: undefined,
      native: undefined,
    };
  }

  override observe(series: SeriesId, value: number, exemplar?: ExemplarLabels): void {
    const { numbers } = this;
    const bucket = this.findBucket(series, value, exemplar);
    const sum = series + this.bounds.length + 1;
    if (numbers.isShared) numbers.addTogether(series, bucket, sum, value);
    else {
      numbers.add(bucket, 1);
      numbers.add(sum, value);
    }
  }

  /** Finds the number that counts an observation, and offers it to the exemplars of that. */
  protected findBucket(series: SeriesId, value: number, exemplar: ExemplarLabels | undefined): number {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    if (mayHaveExemplar(exemplar) && this.exemplars?.wants(series + bucket, exemplar)) {
      this.offer(series, bucket, value, exemplar);
    }
    return series + bucket;
  }

  /** Offers an observation to the exemplars; returns what was taken of it. */
  protected offer(
    series: SeriesId,
    bucket: number,
    value: number,
    given: ExemplarLabels | undefined,
  ): ExemplarSource | undefined {
    return this.exemplars?.offer(series + bucket, value, given, this.series.family);
  }

  override write(series: SeriesId, samples: SampleWriter, depth: number): void {
    samples.histogram(depth, this.fillView(series));
  }

  protected fillView(series: SeriesId): FilledView {
    const view = this.#view;
    const counts = view.cumulativeCounts;
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += this.numbers.get(series + i);
      counts[i] = count;
    }
    view.count = count;
    view.sum = this.numbers.get(series + counts.length);
    view.createdAt = this.series.createdAt(series);
    view.exemplars = this.#row?.read(series);
    return view;
  }

  override hasMoved(series: SeriesId): boolean {
    return this.#view.cumulativeCounts.some((_, i) => this.numbers.get(series + i) > 0);
  }
}

/** How many numbers a series of a histogram has, without its native histogram. */
const classicWidth = ({ buckets }: Family): number => buckets.length + 2;

/** A histogram that has native buckets too. */
class NativeHistogramRecorder extends HistogramRecorder {
  private readonly native: NativeHistograms;
  readonly #nativeExemplars: NativeExemplars | undefined;
  /** Which number of a series is the sum. It is the key of its native exemplars too, as it is no bucket. */
  readonly #exemplarKey: number;

  constructor(family: Family, options: SeriesOptions, settings: NativeHistogramSettings) {
    const { numbers, clock = () => 0 } = options;
    const width = classicWidth(family);
    const native = new NativeHistograms(numbers, width, settings, clock);
    super(family, options, {
      width: width + nativeWidth,
      onCreate: (series) => native.begin(series),
      onFree: (series) => {
        native.release(series);
        this.#nativeExemplars?.clear(series + this.#exemplarKey);
      },
    });
    this.native = native;
    this.#nativeExemplars = options.exemplars?.createNative();
    this.#exemplarKey = width - 1;
  }

  override observe(series: SeriesId, value: number, exemplar?: ExemplarLabels): void {
    const { numbers } = this;
    const { isShared } = numbers;
    if (isShared) numbers.beginChange(series);
    // Why the classic buckets first: what interrupts the call must not leave more in the native ones than in the count.
    this.#countClassic(series, value, exemplar);
    if (!this.native.observeQuickly(series, value)) this.#countNative(series, value);
    if (isShared) numbers.endChange(series);
  }

  #countClassic(series: SeriesId, value: number, exemplar: ExemplarLabels | undefined): void {
    const { numbers } = this;
    numbers.add(this.findBucket(series, value, exemplar), 1);
    numbers.add(series + this.#exemplarKey, value);
  }

  protected override offer(
    series: SeriesId,
    bucket: number,
    value: number,
    given: ExemplarLabels | undefined,
  ): ExemplarSource | undefined {
    const taken = super.offer(series, bucket, value, given);
    if (taken !== undefined) this.#nativeExemplars?.add(series + this.#exemplarKey, taken, value, Date.now());
    return taken;
  }

  #countNative(series: SeriesId, value: number): void {
    const { native } = this;
    if (native.isResetDue(series)) this.#restart(series, value, false);
    else if (native.observe(series, value)) this.#limitBuckets(series, value);
  }

  /** Resets a series that has too many buckets, or else makes it coarser. */
  #limitBuckets(series: SeriesId, value: number): void {
    const { native } = this;
    if (native.mayReset(series)) this.#restart(series, value, true);
    else native.reduce(series);
  }

  /**
   * Resets a series, and observes again what led to that.
   *
   * @param isInBucket whether it is in its native bucket already.
   */
  #restart(series: SeriesId, value: number, isInBucket: boolean): void {
    // Why first: where this is interrupted, nothing has changed.
    this.#logRestart(series, value, isInBucket);
    this.#reset(series);
    this.#countClassic(series, value, undefined);
    this.native.observe(series, value);
  }

  /** Begins the series at 0 again: its count, its sum and both kinds of buckets. */
  #reset(series: SeriesId): void {
    const width = classicWidth(this.series.family);
    // Why the native buckets first: what interrupts this must not leave more in them than in the count.
    this.native.reset(series);
    for (let i = 0; i < width; i++) this.numbers.set(series + i, 0);
    // Why: a bucket without observations has no example of one.
    this.exemplars?.free(series, width);
    this.#nativeExemplars?.clear(series + this.#exemplarKey);
    this.series.restart(series);
  }

  /** Tells what a series has counted before the observation of this value, if any, which is counted after the reset. */
  #logRestart(series: SeriesId, value?: number, isInBucket = false): void {
    const { log } = this.series;
    if (log === undefined) return;
    const cells = this.series.copyNumbers(series);
    const { buckets } = this.series.family;
    if (value !== undefined) {
      const bucket = buckets.findIndex((bound) => value <= bound);
      const [at, sum] = [bucket < 0 ? buckets.length : bucket, buckets.length + 1];
      cells[at] = (cells[at] as number) - 1;
      cells[sum] = (cells[sum] as number) - value;
    }
    const count = cells.subarray(0, buckets.length + 1).reduce((total, one) => total + one, 0);
    log.restarted(series, cells, this.native.read(series, count, noExemplars, isInBucket ? value : undefined));
  }

  #resetTogether(series: SeriesId): void {
    const { numbers } = this;
    this.#logRestart(series);
    if (numbers.isShared) numbers.beginChange(series);
    this.#reset(series);
    if (numbers.isShared) numbers.endChange(series);
  }

  protected override fillView(series: SeriesId): FilledView {
    if (this.native.isResetDue(series)) this.#resetTogether(series);
    const view = super.fillView(series);
    view.native = this.native.read(series, view.count, this.#nativeExemplars?.read(series + this.#exemplarKey));
    return view;
  }
}

const noExemplars: readonly Exemplar[] = [];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FilledView = Mutable<HistogramView> & { readonly cumulativeCounts: Float64Array };

const recorders: Readonly<Record<MetricKind, new (family: Family, options: SeriesOptions) => SeriesRecorder>> = {
  counter: CounterRecorder,
  gauge: GaugeRecorder,
  histogram: HistogramRecorder,
};

/** Creates the recorder of a family. */
export function createSeriesRecorder(family: Family, options: SeriesOptions): SeriesRecorder {
  const { native } = options;
  if (native !== undefined && kinds[family.kind].hasBuckets)
    return new NativeHistogramRecorder(family, options, native);
  return new recorders[family.kind](family, options);
}

/** How a recorded family is exposed. */
interface ExposedAs {
  readonly name: string;
  /** The family's own labels win over one of the same name. */
  readonly constant: ConstantLabels;
  readonly hasCreatedSamples?: boolean;
}

/** A recorded family as it is exposed. */
export function toExposedFamily(
  recorder: SeriesRecorder,
  { name, constant, hasCreatedSamples }: ExposedAs,
): ExposedFamily {
  const { kind, help, unit, aggregator } = recorder.series.family;
  const write: ExposedFamily['write'] = (samples) => writeSeries(recorder, samples, constant);
  return { name, type: kind, help, unit, aggregator, hasCreatedSamples, write };
}

function writeSeries(recorder: SeriesRecorder, samples: SampleWriter, constant: ConstantLabels): Iterable<void> {
  const { series } = recorder;
  const own = Object.keys(series.family.labels);
  const added = constant.filter(([name]) => !own.includes(name));
  for (const [i, [name, value]] of added.entries()) samples.label(i, name, value);
  return series.walk({
    label: (depth, value) => samples.label(added.length + depth, own[depth] ?? '', value),
    series: (id) => recorder.write(id, samples, added.length + own.length),
  });
}
