/** The labels of a sample as production would expose them: strings, without the empty ones. */
export type SampleLabels = Readonly<Record<string, string>>;

/** One sample with its labels. */
export interface Sample {
  readonly labels: SampleLabels;
  readonly value: number;
}

/**
 * Recorded metrics that can be read back. `MemoryRecorder` implements it.
 *
 * A name or label that no family has is a `MetricsError` with the nearest one: a test of it would pass for the wrong reason.
 * The samples of a histogram are called `…_count`, `…_sum` and `…_bucket`.
 */
export interface ReadableMetrics {
  /** The names of the families that exist, in the order of their declaration. */
  families(): string[];
  /** All samples of this name, in the order in which they were created. */
  series(name: string): Sample[];
  /** The value of the sample with exactly these labels; `undefined` where there is none. */
  value(name: string, labels?: SampleLabels): number | undefined;
  /** How much a sample grows while `run` runs, or until the promise or thenable that it returns has settled. A sample that does not exist counts as 0. */
  increase(name: string, labels: SampleLabels, run: () => PromiseLike<unknown>): Promise<number>;
  increase(name: string, labels: SampleLabels, run: () => unknown): number;
}

/** Whether two label sets are equal. */
export const sameLabels = (a: SampleLabels, b: SampleLabels): boolean => hasLabels(a, b) && hasLabels(b, a);

/** Whether the labels include all of these. */
export const hasLabels = (labels: SampleLabels, expected: SampleLabels): boolean =>
  Object.entries(expected).every(([name, value]) => labels[name] === value);

/** Formats a sample as it would be exposed: `jobs_total{queue="mail"}`. */
export function formatSample(name: string, labels: SampleLabels): string {
  const text = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return text.length === 0 ? name : `${name}{${text.join(',')}}`;
}
