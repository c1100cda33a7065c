import { addBucket, type Bucket, type Distribution, nativeBound } from './distribution.js';
import { readDelimited, readFields, readPacked, toBytes, toNumber, toSigned, toText } from './wire.js';

/** The labels of a series by their names, in the order of the exposition. */
export type Labels = ReadonlyMap<string, string>;

/** An observation with labels of its own, such as a trace id. */
export interface ExemplarReading {
  readonly labels: Labels;
  readonly value: number;
  /** Seconds since the epoch, if that is known. */
  readonly timestamp: number | undefined;
}

/** One series of one scrape. */
export interface SeriesReading {
  readonly labels: Labels;
  /** The number of a counter or a gauge. */
  readonly value: number;
  /** What a histogram has counted; of a summary, its count and sum. */
  readonly distribution?: Distribution;
  /** The quantiles of a summary, by their ranks. */
  readonly quantiles?: readonly (readonly [rank: number, value: number])[];
  readonly exemplars: readonly ExemplarReading[];
}

/** The series of a family by their labels as text, which is the same in each scrape. */
export type FamilyReading = ReadonlyMap<string, SeriesReading>;

/** The media type in which the page reads. Why this one: only Protocol Buffers have native histograms. */
export const readMediaType =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8';

/** Reads a scrape in Protocol Buffers by the names of the families. Throws where it is malformed. */
export function readFamilies(bytes: Uint8Array): Map<string, FamilyReading> {
  const families = new Map<string, Map<string, SeriesReading>>();
  for (const message of readDelimited(bytes)) {
    let series = new Map<string, SeriesReading>();
    for (const [field, value] of readFields(message)) {
      if (field === 1) {
        const name = toText(value);
        // Why: a family of many series is several messages of its name.
        series = families.get(name) ?? series;
        families.set(name, series);
      } else if (field === 4) {
        const one = readMetric(toBytes(value));
        series.set(JSON.stringify([...one.labels]), one);
      }
    }
  }
  return families;
}

// Source: github.com/prometheus/client_model, io/prometheus/client/metrics.proto, as for all numbers of fields below.
function readMetric(bytes: Uint8Array): SeriesReading {
  const labels = new Map<string, string>();
  let rest: Omit<SeriesReading, 'labels'> = { value: Number.NaN, exemplars: [] };
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) labels.set(...readLabel(toBytes(value)));
    else if (field === 2 || field === 3 || field === 5) rest = readNumber(toBytes(value));
    else if (field === 4) rest = readSummary(toBytes(value));
    else if (field === 7) rest = readHistogram(toBytes(value));
  }
  return { labels, ...rest };
}

function readLabel(bytes: Uint8Array): [name: string, value: string] {
  let [name, text] = ['', ''];
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) name = toText(value);
    else if (field === 2) text = toText(value);
  }
  return [name, text];
}

function readNumber(bytes: Uint8Array): Omit<SeriesReading, 'labels'> {
  let number = 0;
  const exemplars: ExemplarReading[] = [];
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) number = toNumber(value);
    else if (field === 2) exemplars.push(readExemplar(toBytes(value)));
  }
  return { value: number, exemplars };
}

function readExemplar(bytes: Uint8Array): ExemplarReading {
  const labels = new Map<string, string>();
  let number = 0;
  let timestamp: number | undefined;
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) labels.set(...readLabel(toBytes(value)));
    else if (field === 2) number = toNumber(value);
    else if (field === 3) timestamp = readTimestamp(toBytes(value));
  }
  return { labels, value: number, timestamp };
}

function readTimestamp(bytes: Uint8Array): number {
  let seconds = 0;
  for (const [field, value] of readFields(bytes)) seconds += toNumber(value) * (field === 1 ? 1 : 1e-9);
  return seconds;
}

function readSummary(bytes: Uint8Array): Omit<SeriesReading, 'labels'> {
  let [count, sum] = [0, 0];
  const quantiles: [number, number][] = [];
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) count = toNumber(value);
    else if (field === 2) sum = toNumber(value);
    else if (field === 3) quantiles.push(readQuantile(toBytes(value)));
  }
  const distribution = { count, sum, schema: undefined, buckets: new Map() };
  return { value: count, distribution, quantiles, exemplars: [] };
}

function readQuantile(bytes: Uint8Array): [rank: number, value: number] {
  let [rank, number] = [0, 0];
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) rank = toNumber(value);
    else if (field === 2) number = toNumber(value);
  }
  return [rank, number];
}

/** The buckets of one sign of a native histogram, as they are written. */
interface Sign {
  readonly spans: { readonly offset: number; readonly length: number }[];
  deltas: number[];
}

function readHistogram(bytes: Uint8Array): Omit<SeriesReading, 'labels'> {
  let [count, sum, threshold, zeros] = [0, 0, 0, 0];
  let schema: number | undefined;
  const cumulative: (readonly [upper: number, count: number])[] = [];
  const exemplars: ExemplarReading[] = [];
  const negative: Sign = { spans: [], deltas: [] };
  const positive: Sign = { spans: [], deltas: [] };
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) count = toNumber(value);
    else if (field === 2) sum = toNumber(value);
    else if (field === 3) cumulative.push(readBucket(toBytes(value), exemplars));
    else if (field === 5) schema = toSigned(toNumber(value));
    else if (field === 6) threshold = toNumber(value);
    else if (field === 7) zeros = toNumber(value);
    else if (field === 9 || field === 12) (field === 9 ? negative : positive).spans.push(readSpan(toBytes(value)));
    else if (field === 10 || field === 13)
      (field === 10 ? negative : positive).deltas = [...readPacked(toBytes(value))].map(toSigned);
    else if (field === 16) exemplars.push(readExemplar(toBytes(value)));
  }
  const buckets =
    schema === undefined
      ? toClassicBuckets(cumulative, count)
      : toNativeBuckets(schema, [negative, positive], { lower: -threshold, upper: threshold, count: zeros });
  return { value: count, distribution: { count, sum, schema, buckets }, exemplars };
}

function readBucket(bytes: Uint8Array, exemplars: ExemplarReading[]): readonly [upper: number, count: number] {
  let [count, upper] = [0, Infinity];
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) count = toNumber(value);
    else if (field === 2) upper = toNumber(value);
    else if (field === 3) exemplars.push(readExemplar(toBytes(value)));
  }
  return [upper, count];
}

function readSpan(bytes: Uint8Array): { offset: number; length: number } {
  const span = { offset: 0, length: 0 };
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) span.offset = toSigned(toNumber(value));
    else if (field === 2) span.length = toNumber(value);
  }
  return span;
}

function toClassicBuckets(cumulative: readonly (readonly [number, number])[], total: number): Map<number, Bucket> {
  const buckets = new Map<number, Bucket>();
  // Source: histogram_quantile() of Prometheus: the first bucket begins at 0, unless its bound is not above 0.
  let lower = (cumulative[0]?.[0] ?? 0) > 0 ? 0 : -Infinity;
  let below = 0;
  for (const [upper, count] of cumulative) {
    buckets.set(upper, { lower, upper, count: count - below });
    [lower, below] = [upper, count];
  }
  if (lower !== Infinity) buckets.set(Infinity, { lower, upper: Infinity, count: total - below });
  return buckets;
}

function toNativeBuckets(
  schema: number,
  [negative, positive]: readonly [Sign, Sign],
  zero: Bucket,
): Map<number, Bucket> {
  const buckets = new Map<number, Bucket>([[zero.upper, zero]]);
  for (const [index, count] of listCounts(negative)) {
    addBucket(buckets, { lower: -nativeBound(index, schema), upper: -nativeBound(index - 1, schema), count });
  }
  for (const [index, count] of listCounts(positive)) {
    addBucket(buckets, { lower: nativeBound(index - 1, schema), upper: nativeBound(index, schema), count });
  }
  return buckets;
}

/** Lists the buckets by their indexes. Each count is written as the difference to the one before. */
function* listCounts({ spans, deltas }: Sign): Generator<readonly [index: number, count: number]> {
  let [index, next, count] = [0, 0, 0];
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      count += deltas[next++] ?? 0;
      yield [index, count];
    }
  }
}
