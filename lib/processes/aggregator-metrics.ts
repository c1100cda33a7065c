import type { ExposedFamily } from '../store/exposed-family.js';

/** Why something of a source is not merged: the values of `reason` of `flowplane_metrics_source_failures_total`. */
export const sourceFailures = [
  'malformed',
  'version',
  'too_large',
  'too_many_sources',
  'too_many_series',
  'clash',
] as const;
export type SourceFailure = (typeof sourceFailures)[number];

type Sample = readonly [label: string | undefined, number: number];

/** The metrics of an aggregator about its sources. */
export class AggregatorMetrics {
  readonly #failures = new Map<SourceFailure, number>(sourceFailures.map((reason) => [reason, 0]));

  countFailure(reason: SourceFailure): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  /** @param ages the age of each source in seconds, by its number. */
  toExposedFamilies(ages: readonly (readonly [source: number, seconds: number])[]): ExposedFamily[] {
    return [
      expose('flowplane_metrics_sources', 'gauge', 'Processes and threads that publish to this one', undefined, [
        [undefined, ages.length],
      ]),
      expose(
        'flowplane_metrics_source_age_seconds',
        'gauge',
        'Seconds since a process or thread has published',
        'source',
        ages.map(([source, seconds]) => [String(source), seconds]),
      ),
      expose(
        'flowplane_metrics_source_failures_total',
        'counter',
        'What was published and is not merged, by reason',
        'reason',
        [...this.#failures],
      ),
    ];
  }
}

function expose(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  label: string | undefined,
  samples: readonly Sample[],
): ExposedFamily {
  return {
    name,
    type,
    help,
    *write(writer) {
      for (const [value, number] of samples) {
        if (label !== undefined && value !== undefined) writer.label(0, label, value);
        writer.value(label === undefined ? 0 : 1, number);
      }
      yield;
    },
  };
}
