import type { DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { ConstantLabels, ExposedFamily, HistogramView, SampleWriter } from './exposed-family.js';
import type { NumberStore } from './numbers.js';
import { SeriesTable, type TableOptions } from './series-table.js';
import type { SeriesTrie } from './series-trie.js';

/** How a recorder stores its series; how many numbers each has, the kind knows. */
export type SeriesOptions = Omit<TableOptions, 'width' | 'onCreate' | 'isHeld'>;

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

  add(_series: SeriesId, _by: number): void {}

  set(_series: SeriesId, _value: number): void {}

  observe(_series: SeriesId, _value: number): void {}

  acquire(_series: SeriesId): void {}

  release(_series: SeriesId): void {}
}

/** One number for each series, which never decreases. */
class CounterRecorder extends SeriesRecorder {
  constructor(family: Family, options: SeriesOptions) {
    super(new SeriesTable(family, { ...options, width: 1 }), options.numbers);
  }

  override add(series: SeriesId, by: number): void {
    this.numbers.add(series, by);
  }

  override write(series: SeriesId, samples: SampleWriter, depth: number): void {
    samples.value(depth, this.numbers.get(series), this.series.createdAt(series));
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
  readonly #view: FilledView;

  constructor(family: Family, options: SeriesOptions) {
    super(new SeriesTable(family, { ...options, width: family.buckets.length + 2 }), options.numbers);
    this.bounds = new Float64Array(family.buckets);
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

  override observe(series: SeriesId, value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.numbers.add(series + bucket, 1);
    this.numbers.add(series + bounds.length + 1, value);
  }

  override write(series: SeriesId, samples: SampleWriter, depth: number): void {
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
    samples.histogram(depth, view);
  }

  override hasMoved(series: SeriesId): boolean {
    return this.#view.cumulativeCounts.some((_, i) => this.numbers.get(series + i) > 0);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FilledView = Mutable<HistogramView> & { readonly cumulativeCounts: Float64Array };

const recorders: Readonly<Record<MetricKind, new (family: Family, options: SeriesOptions) => SeriesRecorder>> = {
  counter: CounterRecorder,
  gauge: GaugeRecorder,
  histogram: HistogramRecorder,
};

/** Creates the recorder of a family. */
export function createSeriesRecorder(family: Family, options: SeriesOptions): SeriesRecorder {
  return new recorders[family.kind](family, options);
}

/** A recorded family as it is exposed. Its own labels win over a constant label of the same name. */
export function toExposedFamily(recorder: SeriesRecorder, name: string, constant: ConstantLabels): ExposedFamily {
  const { kind, help, unit, aggregator } = recorder.series.family;
  return { name, type: kind, help, unit, aggregator, write: (samples) => writeSeries(recorder, samples, constant) };
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
