import type {
  ConstantLabels,
  Exemplar,
  ExposedFamily,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from './exposed-family.js';

/** This family with these labels on each of its samples. A label that a sample already has by that name stays. */
export function withLabels(family: ExposedFamily, added: ConstantLabels): ExposedFamily {
  if (added.length === 0) return family;
  return { ...family, write: (samples) => family.write(new AddingLabels(samples, added)) };
}

class AddingLabels implements SampleWriter {
  readonly #samples: SampleWriter;
  readonly #added: ConstantLabels;
  /** The names of the sample's own labels, by depth. */
  #own: readonly string[] = [];

  constructor(samples: SampleWriter, added: ConstantLabels) {
    this.#samples = samples;
    this.#added = added;
  }

  label(depth: number, name: string, value: string): void {
    this.#own = [...this.#own.slice(0, depth), name];
    this.#samples.label(depth, name, value);
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    this.#samples.value(this.#add(depth), value, createdAt, exemplar);
  }

  histogram(depth: number, histogram: HistogramView): void {
    this.#samples.histogram(this.#add(depth), histogram);
  }

  summary(depth: number, summary: SummaryView): void {
    this.#samples.summary(this.#add(depth), summary);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    this.#samples.sample(this.#add(depth), suffix, value, bound, exemplar);
  }

  /** Adds the labels below this depth, and returns the depth that they reach. */
  #add(depth: number): number {
    const own = this.#own.slice(0, depth);
    const added = this.#added.filter(([name]) => !own.includes(name));
    for (const [i, [name, value]] of added.entries()) this.#samples.label(depth + i, name, value);
    return depth + added.length;
  }
}
