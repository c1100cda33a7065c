import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
import { OtlpExporter } from 'flowplane-metrics/otlp';
import { FamilyPoints } from '../lib/otlp/family-points.js';
import { nameInOtlp } from '../lib/otlp/metric-names.js';
import { RequestBody } from '../lib/otlp/request-body.js';
import { SeriesStates } from '../lib/otlp/series-states.js';
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

function createRecorder(): PrometheusRecorder {
  const recorder = new PrometheusRecorder(room);
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {}, kind: {} } }));
  for (let i = 0; i < series; i++) jobs.inc({ team: `team-${i}`, kind: 'send' }, i);
  return recorder;
}

/** Runs with an exporter that sends to another process. */
async function withExporter<T>(run: (flush: () => Promise<void>) => Promise<T>): Promise<T> {
  const receiver = fork(fileURLToPath(new URL('otlp-receiver.js', import.meta.url)));
  const [port] = (await once(receiver, 'message')) as [number];
  const exporter = new OtlpExporter(createRecorder(), { endpoint: `http://127.0.0.1:${port}` });
  const result = await run(async () => {
    const { result, reason } = await exporter.flush();
    if (result !== 'success') throw new Error(reason);
  });
  receiver.kill();
  return result;
}

/** Ours with everything: reading, writing, and sending to another process. */
const ourExport = (): Promise<number> => withExporter(medianExport);

/** Ours without sending. */
async function ourSerialization(): Promise<number> {
  const families = await createRecorder().exposedFamilies();
  const origin = { resource: [['service.name', 'bench']], scope: { name: 'bench', version: '1' } } as const;
  const body = new RequestBody(origin);
  const states = new SeriesStates();
  return medianExport(async () => {
    const context = {
      body,
      states,
      touched: [],
      temporality: 'cumulative',
      time: Date.now() * 1000,
      previous: 0,
    } as const;
    for (const family of families) {
      for (const _ of family.write(new FamilyPoints(family, nameInOtlp(family), { ...context, touched: [] }))) {
        body.cut();
        if (body.length >= 4 * 1024 * 1024) body.take();
      }
    }
    body.take();
  });
}

/**
 * The longest time between two turns of the event loop during an export; the least of several exports.
 *
 * Why not the CPU time: the system tells that of a thread in steps of 4 ms. Measure this on a machine that does nothing else.
 */
const longestTurn = (): Promise<number> =>
  withExporter(async (flush) => {
    let least = Infinity;
    for (let i = 0; i < 25; i++) {
      let isDone = false;
      let longest = 0;
      let last = performance.now();
      const watch = (): void => {
        const time = performance.now();
        longest = Math.max(longest, time - last);
        last = time;
        if (!isDone) setImmediate(watch);
      };
      setImmediate(watch);
      await flush();
      isDone = true;
      least = Math.min(least, longest);
    }
    return least;
  });

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
  'export over OTLP, 100,000 series of a counter, collected and serialized, CPU': {
    unit: 'ms',
    goals: { OpenTelemetry: 0.2 },
    clients: { [ours]: ourSerialization, OpenTelemetry: theirExport },
  },
  'the same, ours with sending': {
    unit: 'ms',
    clients: { [ours]: ourExport, OpenTelemetry: theirExport },
  },
  'the longest turn of the event loop during that export': {
    unit: 'ms',
    most: 1,
    clients: { [ours]: longestTurn },
  },
};
