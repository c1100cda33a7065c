import { RowWriter } from '../processes/merging/row-writer.js';
import { type CellFamily, countValueCells } from '../store/cells.js';
import type { Exemplar, ExposedFamily, NativeHistogramView, SampleWriter } from '../store/exposed-family.js';
import { NativeReader } from '../store/native-pages.js';
import { SeriesTrie, type SeriesVisitor, uncounted } from '../store/series-trie.js';
import { Walks } from '../store/walks.js';
import type { SharedCells } from './shared-cells.js';

/** What protects cells from being used for other series while they are read. */
export interface ReadGuard {
  /** Begins a reading; to be ended by what is returned. */
  begin(): () => void;
}

/** What the series of all families are read from. */
export interface CopiedNumbers {
  readonly cells: SharedCells;
  /** By the cell of the number. */
  readonly exemplars: ReadonlyMap<number, Exemplar>;
  /** By the cell of the sum. */
  readonly nativeExemplars: ReadonlyMap<number, readonly Exemplar[]>;
  readonly guard: ReadGuard;
}

/** The series of one family of the store, in its order. Their numbers are in shared memory. */
export class CopiedFamily {
  readonly family: CellFamily;
  /** Whether all series are here that were there when the store began to tell them. */
  isComplete = false;
  readonly #numbers: CopiedNumbers;
  #trie: SeriesTrie;
  readonly #walks = new Walks();
  /** The label values of each series by its first cell. Why not always: only a family that removes series needs it. */
  #values: Map<number, readonly string[]> | undefined;

  constructor(family: CellFamily, numbers: CopiedNumbers) {
    this.family = family;
    this.#numbers = numbers;
    this.#trie = new SeriesTrie(family.labelNames.length);
  }

  create(first: number, values: readonly string[]): void {
    // Why: one that came while the store told the others may have been among these.
    if (!this.isComplete && this.#trie.lookupAll(values.length === 0 ? noValues : values) !== undefined) return;
    this.#trie.insert(values, first);
    this.#values?.set(first, values);
    this.#walks.noteCreated(first);
  }

  remove(first: number): void {
    this.#values ??= this.#listValues();
    const values = this.#values.get(first);
    if (values === undefined) return;
    this.#values.delete(first);
    this.#walks.noteRemoved();
    this.#trie.remove(values.length === 0 ? noValues : values, uncounted, this.#walks.areGoingOn);
  }

  clear(): void {
    this.#values = undefined;
    this.#walks.noteRemoved();
    // Why changed and not emptied: a walk goes on with the series that it has begun with.
    this.#trie.exchange(new SeriesTrie(this.family.labelNames.length));
  }

  toExposedFamily(): ExposedFamily {
    const { name, type, help, unit, aggregator, hasCreatedSamples } = this.family;
    const write = (samples: SampleWriter): Iterable<void> => this.#write(samples);
    return { name, type, help, unit, aggregator, hasCreatedSamples, write };
  }

  *#write(samples: SampleWriter): Generator<void> {
    const { labelNames } = this.family;
    const end = this.#numbers.guard.begin();
    try {
      yield* this.#walks.walk(this.#trie, {
        label: (depth, value) => samples.label(depth, labelNames[depth] ?? '', value),
        series: this.#seriesWriter(samples),
      });
    } finally {
      end();
    }
  }

  #seriesWriter(samples: SampleWriter): (first: number) => void {
    const { type, upperBounds, createdAt, labelNames } = this.family;
    const { cells, exemplars } = this.#numbers;
    const depth = labelNames.length;
    const timeOf = (first: number): number | undefined =>
      createdAt === undefined ? undefined : cells.get(first + createdAt);
    if (countValueCells(this.family) === 1) {
      return (first) => samples.value(depth, cells.get(first), timeOf(first), exemplars.get(first));
    }
    const writer = new RowWriter(samples, type, upperBounds);
    const readNative = this.#nativeReader();
    return (first) => {
      let time: number | undefined;
      let native: NativeHistogramView | undefined;
      cells.readTogether(first, () => {
        for (let i = 0; i < writer.row.length; i++) writer.row[i] = cells.get(first + i);
        native = readNative?.(first, writer.row);
        time = timeOf(first);
      });
      writer.write(depth, time, { exemplars: this.#listExemplars(first), native });
    };
  }

  /** What reads the native buckets of a series, whose row was read before; `undefined` where the family has none. */
  #nativeReader(): ((first: number, row: Float64Array) => NativeHistogramView) | undefined {
    const { native, upperBounds } = this.family;
    if (native === undefined) return undefined;
    const { cells, nativeExemplars } = this.#numbers;
    const reader = new NativeReader(cells, native);
    const buckets = upperBounds.length + 1;
    return (first, row) => {
      let count = 0;
      for (let i = 0; i < buckets; i++) count += row[i] as number;
      return reader.read(first, count, nativeExemplars.get(first + buckets));
    };
  }

  /** The exemplars of the buckets of a series; `undefined` where there is none. */
  #listExemplars(first: number): readonly (Exemplar | undefined)[] | undefined {
    const { exemplars } = this.#numbers;
    if (exemplars.size === 0) return undefined;
    const found = Array.from({ length: this.family.upperBounds.length + 1 }, (_, i) => exemplars.get(first + i));
    return found.every((one) => one === undefined) ? undefined : found;
  }

  #listValues(): Map<number, readonly string[]> {
    const { length } = this.family.labelNames;
    const values: string[] = [];
    const found = new Map<number, readonly string[]>();
    const visitor: SeriesVisitor = {
      label: (depth, value) => {
        values[depth] = value;
      },
      series: (first) => found.set(first, values.slice(0, length)),
    };
    this.#trie.visit(visitor);
    return found;
  }
}

const noValues = [''] as const;
