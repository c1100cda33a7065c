import type {
  ExposedFamily,
  ExposedType,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from './exposed-family.js';
import { goFloat } from './go-float.js';

/** One sample as plain data, as a scrape would show it. */
export interface SampleSnapshot {
  /** The sample's name: of a histogram `…_bucket`, `…_sum`, `…_count`. */
  readonly name: string;
  /** Its labels without the empty ones, `le` included, as the text format spells it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One family and its samples, as plain data. */
export interface FamilySnapshot {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  readonly unit?: string;
  readonly samples: readonly SampleSnapshot[];
}

/** A family as plain data, of this instant. */
export function snapshotOf({ name, type, help, unit, write }: ExposedFamily): FamilySnapshot {
  const collected = new CollectedSamples(name);
  for (const _ of write(collected));
  return { name, type, help, ...(unit === undefined ? {} : { unit }), samples: collected.samples };
}

/** Collects the samples of a family as plain data. */
export class CollectedSamples implements SampleWriter {
  readonly samples: SampleSnapshot[] = [];
  readonly #name: string;
  readonly #labels: (readonly [name: string, value: string])[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  label(depth: number, name: string, value: string): void {
    this.#labels[depth] = [name, value];
  }

  // A creation time is no sample: only one of the formats shows it.
  value(depth: number, value: number): void {
    this.sample(depth, '', value);
  }

  histogram(depth: number, { upperBounds, cumulativeCounts, sum, count }: HistogramView): void {
    for (const [i, at] of upperBounds.entries())
      this.sample(depth, '_bucket', cumulativeCounts[i] as number, { label: 'le', at });
    this.#sumAndCount(depth, sum, count);
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    for (const [i, at] of quantiles.entries()) this.sample(depth, '', values[i] as number, { label: 'quantile', at });
    this.#sumAndCount(depth, sum, count);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound): void {
    const labels = this.#labels.slice(0, depth).filter(([, text]) => text !== '');
    if (bound !== undefined) labels.push([bound.label, goFloat(bound.at)]);
    this.samples.push({ name: this.#name + suffix, labels: Object.fromEntries(labels), value });
  }

  #sumAndCount(depth: number, sum: number, count: number): void {
    this.sample(depth, '_sum', sum);
    this.sample(depth, '_count', count);
  }
}
