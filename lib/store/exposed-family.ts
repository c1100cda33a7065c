import type { EscapingScheme } from '../families/escaping.js';
import type { Aggregator } from '../families/family.js';
import type { NameValidation } from '../families/naming.js';

/** What a family is in an exposition; `unknown` if its kind is not known. */
export type ExposedType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';

/**
 * One series of a histogram, of one instant. The writer borrows it: the same object is filled again for the next series, so
 * copy what you keep.
 */
export interface HistogramView {
  /** The upper bounds of the buckets in ascending order; the last one is `Infinity`. One list for all series of a family. */
  readonly upperBounds: readonly number[];
  /** For each upper bound, how many observations are not above it. */
  readonly cumulativeCounts: ArrayLike<number>;
  readonly sum: number;
  readonly count: number;
  /** When the series was created, in seconds since the epoch; `undefined` if that is not known, as with prom-client. */
  readonly createdAt: number | undefined;
  /** An example of an observation for each upper bound that has one; read it only to write it. */
  readonly exemplars: readonly (Exemplar | undefined)[] | undefined;
  /** The same observations in buckets of exponential width, if the family has them. Only a binary format can write them. */
  readonly native: NativeHistogramView | undefined;
}

/** What a native histogram adds to the count and the sum of its series; borrowed like a `HistogramView`. */
export interface NativeHistogramView {
  /** How narrow the buckets are: each upper bound is 2^(2^-schema) times the one before. From -4 to 8. */
  readonly schema: number;
  /** Observations at most this far from 0 are in the zero bucket. */
  readonly zeroThreshold: number;
  /** How many observations the zero bucket has. */
  readonly zeroCount: number;
  /** The buckets of observations above the zero bucket. */
  readonly positive: NativeBuckets;
  /** The buckets of observations below the zero bucket, by their absolute values. */
  readonly negative: NativeBuckets;
  /** Examples of observations in the order of their timestamps, which each of them has. */
  readonly exemplars: readonly Exemplar[];
}

/** The buckets of one sign that have observations. Only the first `size` elements of both lists count. */
export interface NativeBuckets {
  readonly size: number;
  /** The indexes of the buckets in ascending order: bucket i ends at 2^(i * 2^-schema), which it includes. */
  readonly indexes: ArrayLike<number>;
  /** How many observations each of these buckets has; not cumulative. */
  readonly counts: ArrayLike<number>;
}

/** An observation with labels of its own, such as a trace id. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Seconds since the epoch. */
  readonly timestamp?: number;
}

/** One series of a summary, of one instant; borrowed like a `HistogramView`. Only metrics of prom-client are summaries. */
export interface SummaryView {
  /** The ranks, from 0 to 1, in the order of exposition. */
  readonly quantiles: readonly number[];
  /** For each rank, its value. */
  readonly values: ArrayLike<number>;
  readonly sum: number;
  readonly count: number;
}

/**
 * Takes the samples of one family, in the format that is being written. Labels come first, then what has these labels: a
 * value, a histogram or a summary. Labels stay until they are replaced, so series that follow each other share most of them.
 *
 * @example
 * import { defineCounter, PrometheusRecorder, type SampleWriter } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder();
 * recorder.counter(defineCounter({ name: 'jobs_total', help: 'Finished jobs', labels: { team: {} } })).inc({ team: 'mail' });
 * const labels: string[] = [];
 * const printer: SampleWriter = {
 *   label: (depth, name, value) => labels.splice(depth, 1, `${name}=${value}`),
 *   value: (depth, value) => console.log(labels.slice(0, depth), value),
 *   histogram: (depth, { count, sum }) => console.log(labels.slice(0, depth), count, sum),
 *   summary: (depth, { count, sum }) => console.log(labels.slice(0, depth), count, sum),
 *   sample: (depth, suffix, value) => console.log(labels.slice(0, depth), suffix, value),
 * };
 * const [family] = await recorder.exposedFamilies();
 * for (const _ of family?.write(printer) ?? []); // [ 'team=mail' ] 1
 */
export interface SampleWriter {
  /** The label at this depth, until the next call at the same or a lesser depth. An empty value stands for no label. */
  label(depth: number, name: string, value: string): void;
  /**
   * The value of a counter, a gauge or a family of unknown type, with the labels up to this depth.
   *
   * @param createdAt of a counter, when its series was created, in seconds since the epoch, if that is known.
   * @param exemplar of a counter, an example of what it has counted, if there is one.
   */
  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void;
  /** A histogram with the labels up to this depth. A text format writes its buckets, sum and count line by line. */
  histogram(depth: number, histogram: HistogramView): void;
  /** A summary with the labels up to this depth. */
  summary(depth: number, summary: SummaryView): void;
  /**
   * A single sample that is part of no whole histogram or summary: an external metric may give such. A format without single
   * samples leaves it out.
   *
   * @param suffix what the sample's name adds to the family's, e.g. `_sum`.
   * @param bound the bound of a bucket or quantile, which the format spells.
   */
  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void;
}

/** The upper bound of a bucket, or the rank of a quantile. */
export interface UpperBound {
  readonly label: 'le' | 'quantile';
  readonly at: number;
}

/** One family as it is exposed. `name` is the name of its samples in every format, `_total` included. */
export interface ExposedFamily {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  readonly unit?: string | undefined;
  /** How its values in several processes become one. Absent: as the type demands. */
  readonly aggregator?: Aggregator | undefined;
  /**
   * Whether a format that has no other place for it shows when each series was created by a sample more, as OpenMetrics does
   * by `_created`. Default: no.
   */
  readonly hasCreatedSamples?: boolean | undefined;
  /** Writes every sample. Yields after each hundred of them or so, so that the caller can send what was written, or pause. */
  write(samples: SampleWriter): Iterable<void>;
}

/** What a scrape asks of everything that computes values for it. */
export interface ScrapeLimits {
  /** How long the scraper waits for the whole answer. Default: 10. */
  readonly timeoutSeconds?: number;
  /** The names of the families, or of samples of them, that are asked for: no others need to be computed. Default: all. */
  readonly names?: readonly string[];
}

/** Labels that every sample of a recorder has. */
export type ConstantLabels = readonly (readonly [name: string, value: string])[];

/**
 * What can be scraped, and read by any other exporter: it knows no format.
 *
 * @example
 * import { text } from 'node:stream/consumers';
 * import { PrometheusRecorder, type Scrapable, scrape } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder();
 * const withoutOwn: Scrapable = {
 *   exposedFamilies: async (limits) =>
 *     (await recorder.exposedFamilies(limits)).filter(({ name }) => !name.startsWith('flowplane_metrics_')),
 * };
 * const { body } = await scrape(withoutOwn, { method: 'GET', accept: 'application/openmetrics-text' });
 * console.log((await text(body)).trim()); // # EOF
 */
export interface Scrapable {
  /** The labels that families from elsewhere get too when they are exposed beside these. Absent: none. */
  constantLabels?(): ConstantLabels;
  /** The families of one scrape, in the order of declaration; no two of them clash. */
  exposedFamilies(limits?: ScrapeLimits): Promise<readonly ExposedFamily[]>;
  /** Which names its families and labels may have. Absent: `'legacy'`, so that a scrape escapes none. */
  readonly nameValidation?: NameValidation | undefined;
  /** Formats in which it can be scraped beside the built-in ones. Absent: none. */
  readonly formats?: readonly ExpositionFormat[] | undefined;
}

/**
 * A format of an exposition: what it is called in HTTP, and how families become its bytes. Give one to a recorder as
 * `formats: [format]`; a scrape gets it if its `Accept` header prefers the media type.
 *
 * @example
 * import { text } from 'node:stream/consumers';
 * import { defineCounter, type ExpositionFormat, PrometheusRecorder, scrape } from 'flowplane-metrics';
 *
 * const names: ExpositionFormat = {
 *   name: 'names',
 *   mediaType: 'application/x-names',
 *   render: (families) => [Buffer.from(families.map(({ name }) => name).join(' '))],
 * };
 * const recorder = new PrometheusRecorder({ formats: [names] });
 * recorder.counter(defineCounter({ name: 'jobs_total', help: 'Finished jobs' }));
 * const request = { method: 'GET', accept: 'application/x-names', names: ['jobs_total'] };
 * console.log(await text((await scrape(recorder, request)).body)); // jobs_total
 */
export interface ExpositionFormat {
  /** A short name, e.g. `openmetrics`: the value of the label `format` of `flowplane_metrics_scrapes_total`. */
  readonly name: string;
  /** Its media type without parameters, e.g. `text/plain`. */
  readonly mediaType: string;
  /**
   * The `Content-Type` that answers an `Accept` element of this media type with these parameters (names and values in lower
   * case, an empty map if there are none); `undefined` if this format cannot answer it. Absent: the media type, whatever the
   * parameters.
   */
  contentType?(parameters: ReadonlyMap<string, string>): string | undefined;
  /**
   * How the names of families and labels reach `render` for an `Accept` element with these parameters: `allow-utf-8` for as
   * they are. Absent: `underscores`, whatever the parameters, so that all of them are legal in every format.
   */
  escaping?(parameters: ReadonlyMap<string, string>): EscapingScheme;
  /**
   * The families' bytes in chunks of some ten kilobytes, each rendered when it is asked for. A chunk is lent until the next
   * one is asked for: it may be written over then. An empty chunk in between says that the event loop may turn.
   */
  render(families: readonly ExposedFamily[]): Iterable<Uint8Array>;
}
