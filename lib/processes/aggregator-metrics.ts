import type { ExposedFamily } from '../store/exposed-family.js';

const sourceFailures = ['malformed', 'version', 'too_large', 'too_many_sources', 'too_many_series', 'clash'] as const;

/** Why something of a source is not merged: the values of `reason` of `flowplane_metrics_source_failures_total`. */
export type SourceFailure = (typeof sourceFailures)[number];

/** A family with at most one label. */
interface SmallFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly label?: string;
  readonly samples: readonly (readonly [label: string | undefined, number: number])[];
}

/** The metrics of an aggregator about its sources. */
export class AggregatorMetrics {
  readonly #failures = new Map<SourceFailure, number>(sourceFailures.map((reason) => [reason, 0]));

  countFailure(reason: SourceFailure): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  /** @param ages the age of each source in seconds, by its number. */
  toExposedFamilies(ages: readonly (readonly [source: number, seconds: number])[]): ExposedFamily[] {
    return [
      expose({
        name: 'flowplane_metrics_sources',
        type: 'gauge',
        help: 'Processes and threads that publish to this one',
        samples: [[undefined, ages.length]],
      }),
      expose({
        name: 'flowplane_metrics_source_age_seconds',
        type: 'gauge',
        help: 'Seconds since a process or thread has published',
        label: 'source',
        samples: ages.map(([source, seconds]) => [String(source), seconds]),
      }),
      expose({
        name: 'flowplane_metrics_source_failures_total',
        type: 'counter',
        help: 'What was published and is not merged, by reason',
        label: 'reason',
        samples: [...this.#failures],
      }),
    ];
  }
}

function expose({ name, type, help, label, samples }: SmallFamily): ExposedFamily {
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
