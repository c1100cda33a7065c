import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
import { OtlpExporter } from 'flowplane-metrics/otlp';
import { cpuSince, ours, type Row } from './measurement.js';

const require = createRequire(new URL('../../bench/package.json', import.meta.url));

const series = 100_000;
const room = { maxSeriesPerFamily: 2 * series, maxSamples: 3 * series, onAdvice: () => undefined };

/** The median CPU time of an export after the first ones, in milliseconds. */
async function medianExport(exported: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = process.cpuUsage();
    await exported();
    times.push(cpuSince(start));
  }
  return times.slice(2).toSorted((a, b) => a - b)[3] as number;
}

/** Ours with everything: reading, writing, and sending to another process. */
async function ourExport(): Promise<number> {
  const receiver = fork(fileURLToPath(new URL('otlp-receiver.js', import.meta.url)));
  const [port] = (await once(receiver, 'message')) as [number];
  const recorder = new PrometheusRecorder(room);
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {}, kind: {} } }));
  for (let i = 0; i < series; i++) jobs.inc({ team: `team-${i}`, kind: 'send' }, i);
  const exporter = new OtlpExporter(recorder, { endpoint: `http://127.0.0.1:${port}` });
  const taken = await medianExport(async () => {
    const { result, reason } = await exporter.flush();
    if (result !== 'success') throw new Error(reason);
  });
  receiver.kill();
  return taken;
}

/** What is used of a reader of OpenTelemetry's SDK, which is installed for the bench only. */
declare class AnyReader {
  constructor(options: object);
  collect(): Promise<{ readonly resourceMetrics: unknown }>;
}

/** OpenTelemetry's without sending: `collect()`, and the serializer of its exporter. */
async function theirExport(): Promise<number> {
  const { MeterProvider, MetricReader, AggregationTemporality } = require('@opentelemetry/sdk-metrics');
  const { ProtobufMetricsSerializer } = require('@opentelemetry/otlp-transformer');
  class Reader extends (MetricReader as typeof AnyReader) {
    onShutdown(): void {}
    onForceFlush(): void {}
  }
  const reader = new Reader({
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
    cardinalitySelector: () => 2 * series,
  });
  const jobs = new MeterProvider({ readers: [reader] }).getMeter('bench').createCounter('jobs');
  for (let i = 0; i < series; i++) jobs.add(i, { team: `team-${i}`, kind: 'send' });
  return medianExport(async () => {
    const { resourceMetrics } = await reader.collect();
    ProtobufMetricsSerializer.serializeRequest(resourceMetrics);
  });
}

/** What exports over OTLP cost. */
export const rows: Readonly<Record<string, Row>> = {
  'export over OTLP, 100,000 series of a counter, CPU; of OpenTelemetry without sending': {
    unit: 'ms',
    goals: { OpenTelemetry: 0.2 },
    clients: { [ours]: ourExport, OpenTelemetry: theirExport },
  },
};
