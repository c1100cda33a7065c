/** The labels of a series as production would expose them: strings, without the empty ones. */
export type SampleLabels = Readonly<Record<string, string>>;

/** One sample with its labels. */
export interface Sample {
  readonly labels: SampleLabels;
  readonly value: number;
}

/** What can be read back of recorded metrics: `MemoryRecorder` has it. */
export interface ReadableMetrics {
  /** The names of the families that exist, in the order of their declaration. */
  families(): string[];
  /** All samples of this name, in the order of their first sight. */
  series(name: string): Sample[];
  /** The value of the sample with exactly these labels; `undefined` where there is none. */
  value(name: string, labels?: SampleLabels): number | undefined;
  /** By how much a sample grows while `run` runs, or until its promise has settled; one that is not there counts as 0. */
  increase(name: string, labels: SampleLabels, run: () => PromiseLike<unknown>): Promise<number>;
  increase(name: string, labels: SampleLabels, run: () => unknown): number;
}

export const sameLabels = (a: SampleLabels, b: SampleLabels): boolean => includes(a, b) && includes(b, a);

/** Whether the labels have all of these, and perhaps more. */
export const includes = (labels: SampleLabels, wanted: SampleLabels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** A sample as it would be exposed: `jobs_total{queue="mail"}`. */
export function sampleText(name: string, labels: SampleLabels): string {
  const text = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return text.length === 0 ? name : `${name}{${text.join(',')}}`;
}
