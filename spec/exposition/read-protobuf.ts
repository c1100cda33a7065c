import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import { type Scrapable, type ScrapeRequest, scrape } from '../../lib/index.js';

/** The media type that asks for Protocol Buffers. */
export const protobufType =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

// The fields of github.com/prometheus/client_model, io/prometheus/client/metrics.proto, by name and number.
const { root } = protobuf.parse(`
  syntax = "proto2";
  package io.prometheus.client;
  message Timestamp { optional int64 seconds = 1; optional int32 nanos = 2; }
  message LabelPair { optional string name = 1; optional string value = 2; }
  enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; GAUGE_HISTOGRAM = 5; }
  message Number { optional double value = 1; }
  message Counter { optional double value = 1; optional Exemplar exemplar = 2; optional Timestamp createdTimestamp = 3; }
  message Quantile { optional double quantile = 1; optional double value = 2; }
  message Summary {
    optional uint64 sampleCount = 1; optional double sampleSum = 2; repeated Quantile quantile = 3;
    optional Timestamp createdTimestamp = 4;
  }
  message Histogram {
    optional uint64 sampleCount = 1; optional double sampleCountFloat = 4; optional double sampleSum = 2;
    repeated Bucket bucket = 3; optional Timestamp createdTimestamp = 15;
    optional sint32 schema = 5; optional double zeroThreshold = 6;
    optional uint64 zeroCount = 7; optional double zeroCountFloat = 8;
    repeated BucketSpan negativeSpan = 9; repeated sint64 negativeDelta = 10; repeated double negativeCount = 11;
    repeated BucketSpan positiveSpan = 12; repeated sint64 positiveDelta = 13; repeated double positiveCount = 14;
    repeated Exemplar exemplars = 16;
  }
  message Bucket {
    optional uint64 cumulativeCount = 1; optional double cumulativeCountFloat = 4;
    optional double upperBound = 2; optional Exemplar exemplar = 3;
  }
  message BucketSpan { optional sint32 offset = 1; optional uint32 length = 2; }
  message Exemplar { repeated LabelPair label = 1; optional double value = 2; optional Timestamp timestamp = 3; }
  message Metric {
    repeated LabelPair label = 1; optional Number gauge = 2; optional Counter counter = 3; optional Summary summary = 4;
    optional Number untyped = 5; optional Histogram histogram = 7; optional int64 timestampMs = 6;
  }
  message MetricFamily {
    optional string name = 1; optional string help = 2; optional MetricType type = 3; repeated Metric metric = 4;
    optional string unit = 5;
  }
`);
const MetricFamily = root.lookupType('io.prometheus.client.MetricFamily');

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

interface LabelPair {
  readonly name: string;
  readonly value: string;
}

export interface ReadExemplar {
  readonly label?: readonly LabelPair[];
  readonly value: number;
  readonly timestamp?: Timestamp;
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface ReadHistogram {
  readonly sampleCount: number;
  readonly sampleSum: number;
  readonly bucket?: readonly {
    readonly cumulativeCount: number;
    readonly upperBound: number;
    readonly exemplar?: ReadExemplar;
  }[];
  readonly createdTimestamp?: Timestamp;
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  readonly negativeSpan?: readonly Span[];
  readonly negativeDelta?: readonly number[];
  readonly positiveSpan?: readonly Span[];
  readonly positiveDelta?: readonly number[];
  readonly exemplars?: readonly ReadExemplar[];
}

export interface ReadMetric {
  readonly label?: readonly LabelPair[];
  readonly gauge?: { readonly value: number };
  readonly counter?: {
    readonly value: number;
    readonly exemplar?: ReadExemplar;
    readonly createdTimestamp?: Timestamp;
  };
  readonly untyped?: { readonly value: number };
  readonly histogram?: ReadHistogram;
  readonly summary?: {
    readonly sampleCount: number;
    readonly sampleSum: number;
    readonly quantile?: readonly { readonly quantile: number; readonly value: number }[];
  };
}

/** One message, read by protobufjs; what is absent in it has no property. */
export interface ReadFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly unit?: string;
  readonly metric?: readonly ReadMetric[];
}

/** Reads messages, each of which follows its length. */
export function readMessages(bytes: Uint8Array): ReadFamily[] {
  const reader = protobuf.Reader.create(bytes);
  const messages: ReadFamily[] = [];
  while (reader.pos < reader.len) {
    const read = MetricFamily.decodeDelimited(reader);
    messages.push(MetricFamily.toObject(read, { longs: Number, enums: String }) as ReadFamily);
  }
  return messages;
}

/** What a scrape gives that asks for Protocol Buffers. */
export async function scrapeProtobuf(
  scrapable: Scrapable,
  request: Partial<ScrapeRequest> = {},
): Promise<ReadFamily[]> {
  const { body } = await scrape(scrapable, { method: 'GET', accept: protobufType, ...request });
  return readMessages(await buffer(body));
}

/** A sample as Prometheus makes it from a message. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Lists the samples that Prometheus makes from messages, in the order of the text format. */
export const listSamples = (families: readonly ReadFamily[]): ReadSample[] =>
  families.flatMap(({ name, metric = [] }) => metric.flatMap((one) => samplesOf(name, one)));

function samplesOf(name: string, { label = [], ...metric }: ReadMetric): ReadSample[] {
  const labels = Object.fromEntries(label.map((one) => [one.name, one.value]));
  const sample = (suffix: string, value: number, more: Record<string, string> = {}): ReadSample => ({
    name: name + suffix,
    labels: { ...labels, ...more },
    value,
  });
  const { histogram, summary } = metric;
  if (histogram !== undefined) {
    const buckets = histogram.bucket?.filter(({ upperBound }) => upperBound < Infinity) ?? [];
    return [
      ...buckets.map((one) => sample('_bucket', one.cumulativeCount, { le: String(one.upperBound) })),
      sample('_bucket', histogram.sampleCount, { le: '+Inf' }),
      sample('_sum', histogram.sampleSum),
      sample('_count', histogram.sampleCount),
    ];
  }
  if (summary !== undefined) {
    return [
      ...(summary.quantile ?? []).map((one) => sample('', one.value, { quantile: String(one.quantile) })),
      sample('_sum', summary.sampleSum),
      sample('_count', summary.sampleCount),
    ];
  }
  const number = metric.counter ?? metric.gauge ?? metric.untyped;
  return number === undefined ? [] : [sample('', number.value)];
}
