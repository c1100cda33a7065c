import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import * as promClient from 'prom-client';
import protobuf from 'protobufjs';
import { metricsHandler } from '../../lib/adapters/http/index.js';
import { WireWriter } from '../../lib/exposition/formats/wire-writer.js';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExposedFamily,
  type HistogramView,
  PrometheusRecorder,
  type SampleWriter,
  scrape,
} from '../../lib/index.js';
import type { NativeHistogramView } from '../../lib/store/exposed-family.js';
import { listSamples, protobufType, type ReadHistogram, readMessages, scrapeProtobuf } from './read-protobuf.js';

const isOwn = ({ name }: { readonly name: string }): boolean => name.startsWith('flowplane_metrics_');

/** A recorder with a family of each kind, and metrics of prom-client beside it. */
function filled(): PrometheusRecorder {
  const registry = new promClient.Registry();
  const registers = [registry];
  const recorder = new PrometheusRecorder({ registry, constantLabels: { region: 'eu' }, onAdvice: () => undefined });
  const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs "done"\n\\ 😀', labels: { team: {}, queue: {} } });
  for (const queue of ['a', '', 'long '.repeat(60)]) {
    for (const team of ['mail', 'b"a\\c\nk ünï 😀']) recorder.counter(jobs).inc({ team, queue }, 2.5);
  }
  recorder.gauge(defineGauge({ name: 'memory_bytes', help: 'Memory', unit: 'bytes' })).set({}, -0);
  recorder
    .histogram(
      defineHistogram({ name: 'wait_seconds', help: 'Wait', unit: 'seconds', labels: { of: {} }, buckets: [-1, 0.5] }),
    )
    .observe({ of: 'x' }, -3);
  new promClient.Counter({ name: 'theirs', help: 'No total', registers }).inc(7);
  new promClient.Summary({ name: 'asked_seconds', help: 'S', labelNames: ['of'], registers }).observe({ of: 'y' }, 2);
  new promClient.Histogram({ name: 'size', help: 'H', buckets: [1, 10], registers }).observe(10);
  new promClient.Summary({ name: 'bare', help: 'Without quantiles', percentiles: [], registers }).observe(4);
  return recorder;
}

describe('A scrape by Protocol Buffers', () => {
  it('gives the same samples as snapshot(), of every kind, with those of prom-client and of the recorder', async () => {
    const recorder = filled();
    const messages = await scrapeProtobuf(recorder);
    const families = await recorder.snapshot();
    expect(families.filter(isOwn)).to.have.length.above(2);
    expect(listSamples(messages)).to.deep.equal(families.flatMap(({ samples }) => samples));
  });

  it('says name, type, help and unit of each family', async () => {
    const messages = (await scrapeProtobuf(filled())).filter((one) => !isOwn(one));
    expect(messages.map(({ metric: _, ...family }) => family)).to.deep.equal([
      { name: 'jobs_total', help: 'Jobs "done"\n\\ 😀', type: 'COUNTER' },
      { name: 'memory_bytes', help: 'Memory', type: 'GAUGE', unit: 'bytes' },
      { name: 'wait_seconds', help: 'Wait', type: 'HISTOGRAM', unit: 'seconds' },
      { name: 'theirs', help: 'No total', type: 'COUNTER' },
      { name: 'asked_seconds', help: 'S', type: 'SUMMARY' },
      { name: 'size', help: 'H', type: 'HISTOGRAM' },
      { name: 'bare', help: 'Without quantiles', type: 'SUMMARY' },
    ]);
  });

  it('contains only the families that are asked for by name', async () => {
    const messages = await scrapeProtobuf(filled(), { names: ['size_bucket', 'jobs_total'] });
    expect(messages.map(({ name }) => name)).to.deep.equal(['jobs_total', 'size']);
  });

  it('leaves out a unit in which the name does not end, as Prometheus refuses it', async () => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
    recorder.counter(defineCounter({ name: 'sent_bytes_total', help: 'S', unit: 'bytes' })).inc();
    recorder.counter(defineCounter({ name: 'sent_total', help: 'S', unit: 'bytes' })).inc();
    recorder.gauge(defineGauge({ name: 'bytes', help: 'S', unit: 'bytes' })).set({}, 1);
    const units = (await scrapeProtobuf(recorder)).filter((one) => !isOwn(one)).map(({ unit }) => unit);
    expect(units).to.deep.equal(['bytes', undefined, undefined]);
  });

  it('writes a lone surrogate as U+FFFD, in short and in long texts', async () => {
    const recorder = new PrometheusRecorder();
    const family = defineGauge({ name: 'half', help: `${'x'.repeat(100)}\ud83d`, labels: { of: {} } });
    recorder.gauge(family).set({ of: '\ude00!' }, 1);
    const [message] = await scrapeProtobuf(recorder);
    expect(message?.help.at(-1)).to.equal('\ufffd');
    expect(message?.metric?.[0]?.label).to.deep.equal([{ name: 'of', value: '\ufffd!' }]);
  });

  it('has a message for no family without samples', async () => {
    const recorder = new PrometheusRecorder();
    recorder.open(defineCounter({ name: 'calls_total', help: 'C', labels: { team: {} } }));
    expect((await scrapeProtobuf(recorder)).filter((one) => !isOwn(one))).to.deep.equal([]);
    expect(await scrapeProtobuf(new PrometheusRecorder())).to.deep.equal([]);
  });

  it('compresses it for a client that accepts gzip', async () => {
    const request = { method: 'GET', accept: protobufType, acceptEncoding: 'gzip' };
    const recorder = filled();
    const { headers, body, format } = await scrape(recorder, request);
    expect({ ...headers, format }).to.include({
      'Content-Type': protobufType,
      'Content-Encoding': 'gzip',
      format: 'protobuf',
    });
    expect(readMessages(gunzipSync(await buffer(body)))).to.deep.equal(await scrapeProtobuf(recorder));
  });

  it('leaves text to a browser and to curl, on a server of node:http', async () => {
    const server = createServer(metricsHandler(filled()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
      for (const Accept of ['*/*', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8']) {
        const response = await fetch(url, { headers: { Accept } });
        expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
        expect(await response.text()).to.contain('memory_bytes{region="eu"} -0\n');
      }
      const response = await fetch(url, { headers: { Accept: protobufType } });
      expect(response.headers.get('content-type')).to.equal(protobufType);
      const samples = listSamples(readMessages(new Uint8Array(await response.arrayBuffer())));
      expect(samples).to.deep.include({ name: 'memory_bytes', labels: { region: 'eu' }, value: -0 });
    } finally {
      server.close();
    }
  });

  it('gives a large family as several messages of its name, and lets the event loop turn meanwhile', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 100_000 });
    const visits = recorder.counter(defineCounter({ name: 'visits_total', help: 'V', labels: { page: {}, user: {} } }));
    for (let user = 0; user < 30_000; user++) visits.inc({ page: 'start', user }, user);
    const { body } = await scrape(recorder, { method: 'GET', accept: protobufType });
    let [longest, turns, isRead] = [0, 0, false];
    const count = (): void => {
      turns++;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    const chunks: Buffer[] = [];
    for await (const chunk of body) {
      longest = Math.max(longest, chunk.length);
      chunks.push(Buffer.from(chunk));
    }
    isRead = true;
    expect(turns).to.be.above(1);
    expect(longest).to.be.below(128 * 1024);
    const messages = readMessages(Buffer.concat(chunks)).filter((one) => !isOwn(one));
    expect(messages.length).to.be.above(10);
    expect(new Set(messages.map(({ name, help, type }) => `${name} ${help} ${type}`)).size).to.equal(1);
    const values = listSamples(messages).map(({ value, labels }) => (labels['user'] === String(value) ? value : -1));
    expect(values.every((value, i) => value === i)).to.equal(true);
    expect(values).to.have.length(30_000);
  });
});

describe('A message for metrics of prom-client', () => {
  const readOne = async (register: (registry: promClient.Registry) => void) => {
    const registry = new promClient.Registry();
    register(registry);
    const recorder = new PrometheusRecorder({ registry, onAdvice: () => undefined });
    return (await scrapeProtobuf(recorder)).filter((one) => !isOwn(one));
  };

  it('has the exemplars of a counter and of buckets, the last bucket included', async () => {
    const traceId = 'a'.repeat(32);
    const messages = await readOne((registry) => {
      registry.setContentType(promClient.Registry.OPENMETRICS_CONTENT_TYPE as never);
      const common = { help: 'H', registers: [registry], enableExemplars: true };
      const counter = new promClient.Counter({ name: 'hits', ...common });
      counter.inc({ value: 3, exemplarLabels: { traceId } } as never);
      const histogram = new promClient.Histogram({ name: 'took', buckets: [1, 2], ...common });
      histogram.observe({ value: 0.5, exemplarLabels: { traceId } } as never);
      histogram.observe({ value: 5, exemplarLabels: { traceId: 'last' } } as never);
    });
    const counter = messages.find(({ type }) => type === 'COUNTER')?.metric?.[0]?.counter;
    expect(counter?.exemplar?.label).to.deep.equal([{ name: 'traceId', value: traceId }]);
    expect(counter?.exemplar?.value).to.equal(3);
    const { seconds = 0, nanos = -1 } = counter?.exemplar?.timestamp ?? {};
    expect(seconds + nanos / 1e9).to.be.closeTo(Date.now() / 1000, 60);
    const buckets = messages.find(({ type }) => type === 'HISTOGRAM')?.metric?.[0]?.histogram?.bucket;
    expect(buckets?.map((one) => [one.upperBound, one.exemplar?.label?.[0]?.value])).to.deep.equal([
      [1, traceId],
      [2, undefined],
      [Infinity, 'last'],
    ]);
  });

  it('gives what is no whole histogram as families of unknown type, with the series of the text formats', async () => {
    const values = [
      { value: 1.5, labels: { le: 1 }, metricName: 'odd_bucket' },
      { value: -2, labels: { le: '+Inf' }, metricName: 'odd_bucket' },
      { value: 7, labels: {}, metricName: 'odd_sum' },
      { value: 2.5, labels: {}, metricName: 'odd_count' },
    ];
    const messages = await readOne((registry) =>
      registry.registerMetric({
        name: 'odd',
        get: async () => ({ name: 'odd', help: 'H', type: 'histogram', values }),
      } as never),
    );
    expect(messages.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      'odd_bucket UNTYPED',
      'odd_sum UNTYPED',
      'odd_count UNTYPED',
    ]);
    expect(listSamples(messages)).to.deep.equal([
      { name: 'odd_bucket', labels: { le: '1.0' }, value: 1.5 },
      { name: 'odd_bucket', labels: { le: '+Inf' }, value: -2 },
      { name: 'odd_sum', labels: {}, value: 7 },
      { name: 'odd_count', labels: {}, value: 2.5 },
    ]);
  });
});

const empty = { size: 0, indexes: [], counts: [] };

/** A family with one series, which is this histogram. */
const histogramOf = (native: Partial<NativeHistogramView>, classic: Partial<HistogramView> = {}): ExposedFamily => ({
  name: 'latency',
  type: 'histogram',
  help: 'L',
  *write(samples: SampleWriter) {
    samples.histogram(0, {
      upperBounds: [1, Infinity],
      cumulativeCounts: [2, 3],
      sum: 6.5,
      count: 3,
      createdAt: undefined,
      exemplars: undefined,
      native: {
        schema: 3,
        zeroThreshold: 2 ** -128,
        zeroCount: 0,
        positive: empty,
        negative: empty,
        exemplars: [],
        ...native,
      },
      ...classic,
    });
    yield;
  },
});

async function readHistogram(family: ExposedFamily): Promise<ReadHistogram> {
  const [message] = await scrapeProtobuf({ exposedFamilies: async () => [family] });
  return message?.metric?.[0]?.histogram as ReadHistogram;
}

/** The buckets of one sign as a consumer reads them. */
function readBuckets(spans: ReadHistogram['positiveSpan'] = [], deltas: readonly number[] = []): [number, number][] {
  const buckets: [number, number][] = [];
  let [index, count, i] = [0, 0, 0];
  for (const { offset, length } of spans) {
    index += offset;
    for (let n = 0; n < length; n++) {
      count += deltas[i++] ?? Number.NaN;
      buckets.push([index++, count]);
    }
  }
  return buckets;
}

describe('A message for a native histogram', () => {
  it('has schema, zero bucket, spans and deltas beside the classic buckets', async () => {
    const positive = { size: 5, indexes: [-3, -2, 1, 5, 9, 99], counts: [2, 5, 1, 1, 4, 99] };
    const negative = { size: 1, indexes: Float64Array.of(-1000), counts: Float64Array.of(2 ** 40) };
    const read = await readHistogram(histogramOf({ schema: -2, zeroThreshold: 0.5, zeroCount: 7, positive, negative }));
    expect(read).to.deep.equal({
      sampleCount: 3,
      sampleSum: 6.5,
      bucket: [{ cumulativeCount: 2, upperBound: 1 }],
      schema: -2,
      zeroThreshold: 0.5,
      zeroCount: 7,
      negativeSpan: [{ offset: -1000, length: 1 }],
      negativeDelta: [2 ** 40],
      // A gap of two empty buckets is written out; one of three begins a span.
      positiveSpan: [
        { offset: -3, length: 5 },
        { offset: 3, length: 1 },
        { offset: 3, length: 1 },
      ],
      positiveDelta: [2, 3, -5, 0, 1, 0, 3],
    });
  });

  it('has exactly the buckets that the view has, whatever the gaps', async () => {
    const buckets = fc
      .uniqueArray(fc.tuple(fc.integer({ min: -60, max: 60 }), fc.nat({ max: 2 ** 50 })), { selector: ([i]) => i })
      .map((list) => list.toSorted(([a], [b]) => a - b));
    const viewOf = (list: readonly [number, number][]) => ({
      size: list.length,
      indexes: list.map(([index]) => index),
      counts: list.map(([, count]) => count),
    });
    await fc.assert(
      fc.asyncProperty(buckets, buckets, async (positive, negative) => {
        const read = await readHistogram(histogramOf({ positive: viewOf(positive), negative: viewOf(negative) }));
        const filledOnly = (list: readonly [number, number][]) => list.filter(([, count]) => count > 0);
        expect(filledOnly(readBuckets(read.positiveSpan, read.positiveDelta))).to.deep.equal(filledOnly(positive));
        expect(filledOnly(readBuckets(read.negativeSpan, read.negativeDelta))).to.deep.equal(filledOnly(negative));
        const longest = Math.max(
          0,
          ...[...(read.positiveSpan ?? []), ...(read.negativeSpan ?? [])].map((s) => s.length),
        );
        expect(longest).to.be.at.most(121);
      }),
      { numRuns: 100 },
    );
  });

  it('has a span of length 0 where nothing else tells it from a classic one', async () => {
    const noThreshold = { zeroThreshold: 0, zeroCount: 0 };
    expect(await readHistogram(histogramOf(noThreshold))).to.deep.include({
      zeroThreshold: 0,
      positiveSpan: [{ offset: 0, length: 0 }],
    });
    expect(await readHistogram(histogramOf({}))).not.to.have.property('positiveSpan');
    const one = { size: 1, indexes: [4], counts: [1] };
    expect(await readHistogram(histogramOf({ ...noThreshold, negative: one }))).not.to.have.property('positiveSpan');
  });

  it('has no classic bucket where the family has none, exemplar or not', async () => {
    const exemplar = { labels: { trace_id: 'x' }, value: 1 };
    const bare = { upperBounds: [Infinity], cumulativeCounts: [3], exemplars: [exemplar] };
    expect(await readHistogram(histogramOf({}, bare))).not.to.have.property('bucket');
  });

  it('has its exemplars with their timestamps, and the time of creation', async () => {
    const exemplars = [
      { labels: { trace_id: 'a' }, value: -1.5, timestamp: 1_700_000_000.25 },
      { labels: { trace_id: 'b'.repeat(200) }, value: 2, timestamp: 1_700_000_001 },
    ];
    const read = await readHistogram(histogramOf({ exemplars }, { createdAt: 1_600_000_000.000001 }));
    expect(read.createdTimestamp).to.deep.equal({ seconds: 1_600_000_000, nanos: 1000 });
    expect(read.exemplars).to.deep.equal([
      {
        label: [{ name: 'trace_id', value: 'a' }],
        value: -1.5,
        timestamp: { seconds: 1_700_000_000, nanos: 250_000_000 },
      },
    ]);
  });

  it('takes at most 150 B for 40 buckets, labels and exemplars aside', async () => {
    const indexes = Array.from({ length: 40 }, (_, i) => i - 20);
    const positive = { size: 40, indexes, counts: indexes.map((i) => 1000 + i * 25) };
    const family = histogramOf({ positive }, { upperBounds: [Infinity], cumulativeCounts: [3], createdAt: 1.7e9 });
    const { body } = await scrape({ exposedFamilies: async () => [family] }, { method: 'GET', accept: protobufType });
    expect((await buffer(body)).length).to.be.at.most(150);
  });

  it('becomes a classic one in the text formats', async () => {
    const { body } = await scrape({ exposedFamilies: async () => [histogramOf({ zeroCount: 3 })] }, { method: 'GET' });
    expect(await text(body)).to.equal(
      '# HELP latency L\n# TYPE latency histogram\nlatency_bucket{le="1"} 2\nlatency_bucket{le="+Inf"} 3\nlatency_sum 6.5\nlatency_count 3\n',
    );
  });
});

describe('WireWriter', () => {
  it('writes every number and text as protobufjs does, also beyond the room that it has at first', () => {
    const count = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat(), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1));
    const signed = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 90 }), fc.string({ maxLength: 300 }));
    const fields = fc.array(
      fc.record({ field: fc.integer({ min: 1, max: 20 }), count, signed, double: fc.double(), anyText }),
    );
    fc.assert(
      fc.property(fields, fields, (outer, inner) => {
        const ours = new WireWriter(8);
        const theirs = protobuf.Writer.create();
        const writeAll = (list: typeof outer): void => {
          for (const one of list) {
            ours.uint(one.field, one.count);
            ours.sint(one.field, one.signed);
            ours.double(one.field, one.double);
            ours.text(one.field, one.anyText);
            theirs.uint32(one.field * 8).uint64(one.count);
            theirs.uint32(one.field * 8).sint64(one.signed);
            theirs.uint32(one.field * 8 + 1).double(one.double);
            theirs.uint32(one.field * 8 + 2).string(one.anyText);
          }
        };
        writeAll(outer);
        const start = ours.begin(4);
        theirs.uint32(4 * 8 + 2).fork();
        writeAll(inner);
        ours.end(start);
        theirs.ldelim();
        expect(Buffer.from(ours.take()).equals(theirs.finish())).to.equal(true);
        expect(ours.length).to.equal(0);
      }),
      { numRuns: 60 },
    );
  });
});
