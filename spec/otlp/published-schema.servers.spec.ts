import { join } from 'node:path';
import { expect } from 'chai';
import protobuf from 'protobufjs';
import type { ExposedFamily, SampleWriter, Scrapable } from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';
import { version } from '../../lib/version.js';
import { needs } from '../needs.js';
import { FaultyReceiver } from '../sending/faulty-receiver.js';

/** What protobufjs has decoded, as plain data. */
// biome-ignore lint/suspicious/noExplicitAny: what protobufjs gives has no types.
type Decoded = any;

const now = 1_700_000_000_123;
const created = 1_600_000_000.5;
const [start, time] = ['1600000000500000000', '1700000000123000000'];
const trace = { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8) };
const exemplar = { labels: { ...trace, user: 'ada' }, value: 2, timestamp: 1_650_000_000.25 };
const sentExemplar = {
  ...{ timeUnixNano: '1650000000250000000', asDouble: 2, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) },
  filteredAttributes: [{ key: 'user', value: { stringValue: 'ada' } }],
};
const attributes = [{ key: 'team', value: { stringValue: 'mäil' } }];
const classic = { upperBounds: [1, 5, Infinity], cumulativeCounts: [1, 3, 3], sum: 6.5, count: 3, createdAt: created };
const native = {
  ...{ schema: 3, zeroThreshold: 0.001, zeroCount: 2, exemplars: [exemplar] },
  positive: { size: 2, indexes: [-2, 1], counts: [1, 300] },
  negative: { size: 1, indexes: [7], counts: [3] },
};

/** A family of each kind, with everything that a series may have. */
const families: readonly ExposedFamily[] = (
  [
    ['jobs_total', 'counter', (writer) => writer.value(1, 3, created, exemplar)],
    ['size_bytes', 'gauge', (writer) => writer.value(1, -1.5)],
    [
      'wait_seconds',
      'histogram',
      (writer) => writer.histogram(1, { ...classic, exemplars: [exemplar, undefined, undefined], native: undefined }),
    ],
    [
      'span_meters',
      'histogram',
      (writer) => writer.histogram(1, { ...classic, count: 306, exemplars: undefined, native }),
    ],
    ['old', 'summary', (writer) => writer.summary(1, { quantiles: [0.5, 0.9], values: [1, 2], sum: 3, count: 2 })],
    ['odd', 'unknown', (writer) => writer.sample(1, '_bucket', 4, { label: 'le', at: 2 })],
  ] as const satisfies readonly (readonly [string, ExposedFamily['type'], (writer: SampleWriter) => void])[]
).map(([name, type, write]) => ({
  ...{ name, type, help: `Help of ${name}` },
  *write(writer: SampleWriter): Generator<void> {
    writer.label(0, 'team', 'mäil');
    write(writer);
    yield;
  },
}));
const scrapable: Scrapable = { exposedFamilies: async () => families };

describe('What is sent over OTLP, read by the schema that OpenTelemetry publishes', () => {
  const receiver = new FaultyReceiver();
  const dateNow = Date.now;
  let Request: protobuf.Type;

  before(async function () {
    needs(this, 'opentelemetry-proto');
    const root = new protobuf.Root();
    root.resolvePath = (_origin, target) => join('/usr/local/include', target);
    await root.load('opentelemetry/proto/collector/metrics/v1/metrics_service.proto');
    Request = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');
    await receiver.start();
    Date.now = () => now;
  });
  after(() => {
    Date.now = dateNow;
    receiver.stop();
  });
  beforeEach(() => receiver.reset());

  const send = async (options: OtlpOptions = {}): Promise<Buffer> => {
    const resource = { 'service.name': 'billing', 'service.instance.id': 'a' };
    const exporter = new OtlpExporter(scrapable, {
      ...{ endpoint: receiver.url, resource, onAdvice: () => undefined },
      ...options,
    });
    await exporter.flush();
    await exporter.shutdown();
    const [{ body } = { body: Buffer.alloc(0) }] = receiver.received.splice(0);
    return body;
  };

  const decode = (body: Buffer): Decoded =>
    withHexadecimals(Request.toObject(Request.decode(body), { longs: String })) as Decoded;

  /** The metrics of the families above, without those of the exporter about itself. */
  const metricsOf = ({ resourceMetrics }: Decoded): Decoded[] =>
    resourceMetrics
      .flatMap(({ scopeMetrics }: Decoded) => scopeMetrics)
      .flatMap(({ metrics }: Decoded) => metrics)
      .filter(({ name }: Decoded) => !name.startsWith('flowplane'));

  it('has no byte that the schema does not know', async () => {
    const body = await send();
    expect(Request.encode(Request.decode(body)).finish()).to.have.length(body.length);
  });

  it('has a resource, a scope, and a metric of each kind with every field', async () => {
    const decoded = decode(await send());
    const [{ resource, scopeMetrics }] = decoded.resourceMetrics;
    expect(resource.attributes).to.deep.equal([
      { key: 'service.name', value: { stringValue: 'billing' } },
      { key: 'service.instance.id', value: { stringValue: 'a' } },
    ]);
    expect(scopeMetrics[0].scope).to.deep.equal({ name: 'flowplane-metrics', version });
    const times = { startTimeUnixNano: start, timeUnixNano: time };
    const common = { attributes, ...times };
    expect(metricsOf(decoded)).to.deep.equal([
      {
        ...{ name: 'jobs', description: 'Help of jobs_total' },
        sum: {
          dataPoints: [{ ...common, asDouble: 3, exemplars: [sentExemplar] }],
          ...{ aggregationTemporality: 2, isMonotonic: true },
        },
      },
      {
        ...{ name: 'size', description: 'Help of size_bytes', unit: 'By' },
        gauge: { dataPoints: [{ attributes, timeUnixNano: time, asDouble: -1.5 }] },
      },
      {
        ...{ name: 'wait', description: 'Help of wait_seconds', unit: 's' },
        histogram: {
          dataPoints: [
            {
              ...{ ...common, count: '3', sum: 6.5 },
              ...{ bucketCounts: ['1', '2', '0'], explicitBounds: [1, 5], exemplars: [sentExemplar] },
            },
          ],
          aggregationTemporality: 2,
        },
      },
      {
        ...{ name: 'span', description: 'Help of span_meters', unit: 'm' },
        exponentialHistogram: {
          dataPoints: [
            {
              ...{ ...common, count: '306', sum: 6.5, scale: 3, zeroCount: '2', zeroThreshold: 0.001 },
              positive: { offset: -3, bucketCounts: ['1', '0', '0', '300'] },
              negative: { offset: 6, bucketCounts: ['3'] },
              exemplars: [sentExemplar],
            },
          ],
          aggregationTemporality: 2,
        },
      },
      {
        ...{ name: 'old', description: 'Help of old' },
        summary: {
          dataPoints: [
            {
              ...{ attributes, startTimeUnixNano: time, timeUnixNano: time, count: '2', sum: 3 },
              quantileValues: [
                { quantile: 0.5, value: 1 },
                { quantile: 0.9, value: 2 },
              ],
            },
          ],
        },
      },
      {
        ...{ name: 'odd_bucket', description: 'Help of odd' },
        gauge: {
          dataPoints: [
            {
              attributes: [...attributes, { key: 'le', value: { stringValue: '2.0' } }],
              ...{ timeUnixNano: time, asDouble: 4 },
            },
          ],
        },
      },
    ]);
  });

  it('has the temporality of deltas where they are asked for', async () => {
    const metrics = metricsOf(decode(await send({ temporality: 'delta' })));
    const temporalities = metrics.map(
      ({ sum, histogram, exponentialHistogram }) => (sum ?? histogram ?? exponentialHistogram)?.aggregationTemporality,
    );
    expect(temporalities.filter((one) => one !== undefined)).to.deep.equal([1, 1, 1]);
  });

  it('has in JSON what it has in protobuf', async () => {
    const [inProtobuf, inJson] = [await send(), await send({ protocol: 'http/json' })];
    expect(metricsOf(JSON.parse(inJson.toString()))).to.deep.equal(metricsOf(decode(inProtobuf)));
  });
});

/** The same data with bytes as hexadecimal digits, as OTLP writes ids in JSON. */
function withHexadecimals(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(withHexadecimals);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withHexadecimals(one)]));
}
