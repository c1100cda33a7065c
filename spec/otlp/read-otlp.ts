import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import type { Received } from '../sending/faulty-receiver.js';

// The fields of github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto and its imports, by name and number.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string stringValue = 1; bool boolValue = 2; int64 intValue = 3; double doubleValue = 4; } }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; uint32 droppedAttributesCount = 2; }
  message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
  message Request { repeated ResourceMetrics resourceMetrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scopeMetrics = 2; string schemaUrl = 3; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; string schemaUrl = 3; }
  message Metric {
    string name = 1; string description = 2; string unit = 3;
    oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; Exponential exponential = 10; Summary summary = 11; }
  }
  message Gauge { repeated Number dataPoints = 1; }
  message Sum { repeated Number dataPoints = 1; int32 temporality = 2; bool isMonotonic = 3; }
  message Histogram { repeated Explicit dataPoints = 1; int32 temporality = 2; }
  message Exponential { repeated ExponentialPoint dataPoints = 1; int32 temporality = 2; }
  message Summary { repeated SummaryPoint dataPoints = 1; }
  message Number {
    repeated KeyValue attributes = 7; fixed64 start = 2; fixed64 time = 3;
    oneof value { double asDouble = 4; sfixed64 asInt = 6; } repeated Exemplar exemplars = 5; uint32 flags = 8;
  }
  message Explicit {
    repeated KeyValue attributes = 9; fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; optional double sum = 5;
    repeated fixed64 counts = 6; repeated double bounds = 7; repeated Exemplar exemplars = 8; uint32 flags = 10;
    optional double min = 11; optional double max = 12;
  }
  message ExponentialPoint {
    repeated KeyValue attributes = 1; fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; optional double sum = 5;
    sint32 scale = 6; fixed64 zeroCount = 7; Buckets positive = 8; Buckets negative = 9; uint32 flags = 10;
    repeated Exemplar exemplars = 11; optional double min = 12; optional double max = 13; double zeroThreshold = 14;
  }
  message Buckets { sint32 offset = 1; repeated uint64 counts = 2; }
  message SummaryPoint {
    repeated KeyValue attributes = 7; fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; double sum = 5;
    repeated Quantile quantiles = 6; uint32 flags = 8;
  }
  message Quantile { double quantile = 1; double value = 2; }
  message Exemplar {
    repeated KeyValue attributes = 7; fixed64 time = 2; oneof value { double asDouble = 3; sfixed64 asInt = 6; }
    bytes spanId = 4; bytes traceId = 5;
  }
`);
const Request = root.lookupType('Request');

type Attributes = Readonly<Record<string, string>>;

/** A point as it was received; times are nanoseconds. */
export interface ReadPoint {
  readonly attributes: Attributes;
  readonly start: bigint;
  readonly time: bigint;
  readonly asDouble?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly counts?: readonly number[];
  readonly bounds?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: number;
  readonly zeroThreshold?: number;
  readonly positive?: { readonly offset: number; readonly counts: readonly number[] };
  readonly negative?: { readonly offset: number; readonly counts: readonly number[] };
  readonly quantiles?: readonly { readonly quantile: number; readonly value: number }[];
  readonly exemplars: readonly {
    readonly asDouble: number;
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
}

/** A metric as it was received. */
export interface ReadMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly data: string;
  readonly temporality: number | undefined;
  readonly isMonotonic: boolean | undefined;
  readonly points: readonly ReadPoint[];
}

/** What a request has of one process. */
export interface ReadRequest {
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
  readonly metrics: readonly ReadMetric[];
}

// biome-ignore lint/suspicious/noExplicitAny: what protobufjs gives has no types.
type Decoded = any;

const attributesOf = (list: Decoded[] = []): Attributes =>
  Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue]));
const numbers = (list: Decoded[] = []): number[] => list.map(Number);
const buckets = (one: Decoded) => one && { offset: one.offset, counts: numbers(one.counts) };

const pointOf = (point: Decoded): ReadPoint => ({
  ...point,
  attributes: attributesOf(point.attributes),
  start: BigInt(point.start),
  time: BigInt(point.time),
  ...(point.count !== undefined && { count: Number(point.count) }),
  ...(point.counts && { counts: numbers(point.counts) }),
  ...(point.zeroCount !== undefined && { zeroCount: Number(point.zeroCount) }),
  ...(point.positive && { positive: buckets(point.positive) }),
  ...(point.negative && { negative: buckets(point.negative) }),
  exemplars: (point.exemplars ?? []).map((one: Decoded) => ({
    asDouble: one.asDouble,
    traceId: Buffer.from(one.traceId).toString('hex'),
    spanId: Buffer.from(one.spanId).toString('hex'),
    attributes: attributesOf(one.attributes),
  })),
});

/** Reads a request by a decoder that is not ours. Metrics of one name that came in several pieces are one. */
export function readOtlp({ headers, body }: Received): ReadRequest {
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const { resourceMetrics = [] }: Decoded = Request.toObject(Request.decode(bytes), { longs: String, defaults: true });
  const metrics = new Map<string, ReadMetric>();
  for (const { scopeMetrics } of resourceMetrics) {
    for (const metric of scopeMetrics.flatMap((one: Decoded) => one.metrics)) {
      const data = ['gauge', 'sum', 'histogram', 'exponential', 'summary'].find((one) => metric[one]) as string;
      const { temporality, isMonotonic, dataPoints } = metric[data];
      const key = `${metric.name} ${data}`;
      const points = [...(metrics.get(key)?.points ?? []), ...dataPoints.map(pointOf)];
      const { name, description, unit } = metric;
      metrics.set(key, { name, description, unit, data, temporality, isMonotonic, points });
    }
  }
  const [first] = resourceMetrics;
  const { name, version } = first.scopeMetrics[0].scope;
  return {
    resource: attributesOf(first.resource.attributes),
    scope: { name, version },
    metrics: [...metrics.values()],
  };
}
