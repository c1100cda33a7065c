import { refuseIfAny } from '../error.js';
import { type PlainDuration, plainDurationRule, toSeconds } from '../promql/duration.js';
import type { ExposedFamily, Scrapable } from '../store/exposed-family.js';
import { isScrapable } from '../store/scrapable.js';
import { CollectedSamples, type SampleSnapshot } from '../store/snapshot.js';
import { checkFields, checkNames, checkValue, functionRule, isOptions, type Rules } from '../validation.js';

/** How the samples of a run are taken. */
export interface RecordingOptions {
  /** The labels that Prometheus adds to each series. Default: `{ job: 'test', instance: 'test:9090' }`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Lets the time of the service pass, in milliseconds: `(ms) => mock.timers.tick(ms)`. Default: its time stands still. */
  readonly tick?: (milliseconds: number) => void | Promise<void>;
}

/** One series as promtool reads it: its samples in a row, `_` where there is none, `stale` where it has ended. */
export interface SeriesInput {
  readonly series: string;
  readonly values: string;
}

/** What a service has exposed in a run, sample by sample, as Prometheus would have scraped it. */
export interface RecordedSeries {
  /** The time between two samples. */
  readonly every: PlainDuration;
  /** How many samples were taken after the first one. */
  readonly steps: number;
  /** Takes samples until this time has passed. */
  pass(time: PlainDuration): Promise<void>;
  /** The series in the notation of promtool, sorted. */
  toInput(): SeriesInput[];
}

const optionRules: Rules = {
  labels: { must: 'be an object of labels', accepts: isOptions, remedy: 'Write { job: "shop", instance: "a" }' },
  tick: functionRule('Write (ms) => mock.timers.tick(ms)'),
};

/**
 * Records what a service exposes while a test runs it, for tests of alerts. The first sample is taken at once, and one more
 * after each `every` that passes. It adds what Prometheus itself knows of a process that starts now: `up` and
 * `process_start_time_seconds`.
 *
 * @param recorder what the service reports to, such as a `PrometheusRecorder`.
 * @param every the time between two scrapes.
 * @throws MetricsError with everything that is wrong with the options.
 * @example
 * import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
 * import { recordSeries } from 'flowplane-metrics/testing';
 *
 * const failures = defineCounter({ name: 'failures_total', help: 'Failures' });
 * const recorder = new PrometheusRecorder({ processMetrics: false });
 * const counter = recorder.counter(failures);
 * const series = await recordSeries(recorder, '15s');
 * counter.inc();
 * await series.pass('30s');
 * const input = series.toInput().find((one) => one.series.startsWith('failures_total'));
 * console.log(input?.values); // 0 1 1
 */
export async function recordSeries(
  recorder: Pick<Scrapable, 'exposedFamilies'>,
  every: PlainDuration,
  options: RecordingOptions = {},
): Promise<RecordedSeries> {
  refuseIfAny('recordSeries', [
    ...checkValue('the recorder', recorderRule, recorder),
    ...checkValue('"every"', plainDurationRule, every),
    ...checkNames({ ...options }, Object.keys(optionRules)),
    ...checkFields({ ...options }, optionRules),
  ]);
  const recording = new Recording(recorder, every, options);
  await recording.sample();
  return recording;
}

const recorderRule = {
  must: 'be a PrometheusRecorder, or anything else that can be scraped',
  accepts: isScrapable,
  remedy: 'Let the service report to new PrometheusRecorder()',
  isRequired: true as const,
};

class Recording implements RecordedSeries {
  readonly every: PlainDuration;
  readonly #recorder: Pick<Scrapable, 'exposedFamilies'>;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #tick: NonNullable<RecordingOptions['tick']>;
  /** Of each series, its samples by their position. */
  readonly #series = new Map<string, Map<number, number>>();
  #samples = 0;

  constructor(recorder: Pick<Scrapable, 'exposedFamilies'>, every: PlainDuration, options: RecordingOptions) {
    this.every = every;
    this.#recorder = recorder;
    this.#labels = options.labels ?? { job: 'test', instance: 'test:9090' };
    this.#tick = options.tick ?? (() => undefined);
  }

  get steps(): number {
    return this.#samples - 1;
  }

  async pass(time: PlainDuration): Promise<void> {
    refuseIfAny('recordSeries', checkValue('the time that passes', plainDurationRule, time));
    const step = toSeconds(this.every);
    for (let seconds = step; seconds <= toSeconds(time); seconds += step) {
      await this.#tick(step * 1000);
      await this.sample();
    }
  }

  async sample(): Promise<void> {
    const families = await this.#recorder.exposedFamilies();
    this.#add({ name: 'up', labels: {}, value: 1 });
    // Why 0: the time of promtool begins with the first sample.
    this.#add({ name: startTime, labels: {}, value: 0 });
    for (const family of families) for (const sample of listSamples(family)) this.#add(sample);
    this.#samples++;
  }

  toInput(): SeriesInput[] {
    return Array.from(this.#series, ([series, values]) => ({ series, values: this.#format(values) })).sort((a, b) =>
      a.series < b.series ? -1 : 1,
    );
  }

  #add({ name, labels, value }: SampleSnapshot): void {
    const series = formatSeries(name, { ...labels, ...this.#labels });
    const values = this.#series.get(series) ?? new Map<number, number>();
    this.#series.set(series, values.set(this.#samples, value));
  }

  #format(values: ReadonlyMap<number, number>): string {
    const texts: string[] = [];
    for (let i = 0; i < this.#samples; i++) {
      const value = values.get(i);
      if (value !== undefined) texts.push(formatNumber(value));
      else texts.push(values.has(i - 1) ? 'stale' : '_');
    }
    return texts.join(' ');
  }
}

const startTime = 'process_start_time_seconds';

function listSamples(family: ExposedFamily): readonly SampleSnapshot[] {
  // Why: the clock of the machine has nothing to do with that of promtool.
  if (family.name === startTime) return [];
  const collected = new CollectedSamples(family.name);
  for (const _ of family.write(collected));
  return collected.samples;
}

const formatSeries = (name: string, labels: Readonly<Record<string, string>>): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(', ')}}`;

const formatNumber = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? 'Inf' : '-Inf';
