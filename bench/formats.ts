import { createRequire } from 'node:module';
import { defineCounter, PrometheusRecorder, scrape } from 'flowplane-metrics';

const require = createRequire(new URL('../../bench/package.json', import.meta.url));

/** How long it takes to write so many counters of 3 labels in each format, in milliseconds. */
export interface FormatsFigure {
  readonly series: number;
  readonly text: number;
  readonly protobuf: number;
  /** The serializer of OpenTelemetry's OTLP exporters, by Protocol Buffers too; it is given points that are collected. */
  readonly otlp: number;
}

const protobufType = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
const series = 100_000;
const labelSets = Array.from({ length: series }, (_, i) => ({
  team: `team-${i % 100}`,
  route: `/api/v1/route-${Math.floor(i / 1000)}`,
  code: String(200 + (Math.floor(i / 100) % 10)),
}));

const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 2_000_000, maxSamples: 2_000_000 });
const labels = { team: {}, route: {}, code: {} };
const counter = recorder.counter(defineCounter({ name: 'requests_total', help: 'Requests', labels }));
for (const one of labelSets) counter.inc(one);

async function render(accept: string): Promise<void> {
  for await (const chunk of (await scrape(recorder, { method: 'GET', accept })).body) void chunk.length;
}

/** A serializer of points that OpenTelemetry has collected of the same counters. */
async function createOtlp(): Promise<() => void> {
  const { MeterProvider, MetricReader, AggregationTemporality } = require('@opentelemetry/sdk-metrics');
  const { ProtobufMetricsSerializer } = require('@opentelemetry/otlp-transformer');
  const reader = new (class extends MetricReader {
    async onForceFlush(): Promise<void> {}
    async onShutdown(): Promise<void> {}
    selectAggregationTemporality(): unknown {
      return AggregationTemporality.CUMULATIVE;
    }
  })();
  const views = [{ instrumentName: '*', aggregationCardinalityLimit: 2_000_000 }];
  const requests = new MeterProvider({ readers: [reader], views }).getMeter('bench').createCounter('requests');
  for (const one of labelSets) requests.add(1, one);
  const { resourceMetrics } = await (
    reader as unknown as { collect(): Promise<{ resourceMetrics: unknown }> }
  ).collect();
  return () => ProtobufMetricsSerializer.serializeRequest(resourceMetrics);
}

const rows: Readonly<Record<'text' | 'protobuf' | 'otlp', () => unknown>> = {
  text: () => render('text/plain'),
  protobuf: () => render(protobufType),
  otlp: await createOtlp(),
};
const times: Record<keyof typeof rows, number[]> = { text: [], protobuf: [], otlp: [] };
// Why in turn: what slows the machine down for a while slows all of them down.
for (let round = 0; round < 15; round++) {
  for (const [name, run] of Object.entries(rows) as [keyof typeof rows, () => unknown][]) {
    const begun = process.hrtime.bigint();
    await run();
    times[name].push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
const figure: FormatsFigure = {
  series,
  text: median(times.text),
  protobuf: median(times.protobuf),
  otlp: median(times.otlp),
};
console.log(JSON.stringify(figure));
