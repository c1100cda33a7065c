import { type CellFamily, countValueCells } from '../../store/cells.js';
import type { HistogramView, SampleWriter } from '../../store/exposed-family.js';

/** What a histogram has beside its row. */
type More = Partial<Pick<HistogramView, 'exemplars' | 'native'>>;

const noMore: More = {};

/** Writes a row of cells as the sample of its type. */
export class RowWriter {
  readonly row: Float64Array;
  readonly #samples: SampleWriter;
  readonly #type: CellFamily['type'];
  readonly #view: { -readonly [K in keyof HistogramView]: HistogramView[K] } & { cumulativeCounts: Float64Array };

  constructor(samples: SampleWriter, type: CellFamily['type'], upperBounds: readonly number[]) {
    this.#samples = samples;
    this.#type = type;
    this.row = new Float64Array(countValueCells({ type, upperBounds }));
    this.#view = {
      upperBounds: [...upperBounds, Infinity],
      cumulativeCounts: new Float64Array(upperBounds.length + 1),
      sum: 0,
      count: 0,
      createdAt: undefined,
      exemplars: undefined,
      native: undefined,
    };
  }

  write(depth: number, createdAt: number | undefined, { exemplars, native }: More = noMore): void {
    const { row } = this;
    if (this.#type === 'summary') {
      this.#samples.summary(depth, { quantiles: [], values: [], sum: row[0] as number, count: row[1] as number });
      return;
    }
    if (this.#type !== 'histogram') {
      this.#samples.value(depth, row[0] as number, createdAt, exemplars?.[0]);
      return;
    }
    const view = this.#view;
    const counts = view.cumulativeCounts;
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += row[i] as number;
      counts[i] = count;
    }
    view.count = count;
    view.sum = row[counts.length] as number;
    view.createdAt = createdAt;
    view.exemplars = exemplars;
    view.native = native;
    this.#samples.histogram(depth, view);
  }
}
