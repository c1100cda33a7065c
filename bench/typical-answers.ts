import { gzipSync } from 'node:zlib';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder, scrape } from 'flowplane-metrics';
import * as promClient from 'prom-client';
import { ours, type Row } from './measurement.js';

const routes = Array.from({ length: 34 }, (_, i) => `/teams/:team/resources/${i}`);

/** 30 families with 1,000 series, as a service of some age has them. */
function ourRecorder(): PrometheusRecorder {
  const recorder = new PrometheusRecorder();
  const labels = { team: {}, route: {} };
  for (let i = 0; i < 10; i++) {
    const counter = recorder.counter(defineCounter({ name: `jobs_${i}_total`, help: 'Jobs', labels }));
    const gauge = recorder.gauge(defineGauge({ name: `depth_${i}`, help: 'Depth', labels }));
    const histogram = recorder.histogram(
      defineHistogram({
        name: `latency_${i}_seconds`,
        help: 'Latency',
        labels,
        buckets: promClient.linearBuckets(0.1, 0.1, 5),
      }),
    );
    for (const route of routes) {
      counter.inc({ team: 'payments', route }, i + 1);
      gauge.set({ team: 'payments', route }, i);
      if (i < 3) histogram.observe({ team: 'payments', route }, 0.3);
    }
  }
  return recorder;
}

function theirRegistry(): promClient.Registry {
  const registry = new promClient.Registry();
  const registers = [registry];
  const labelNames = ['team', 'route'];
  for (let i = 0; i < 10; i++) {
    const counter = new promClient.Counter({ name: `jobs_${i}_total`, help: 'Jobs', labelNames, registers });
    const gauge = new promClient.Gauge({ name: `depth_${i}`, help: 'Depth', labelNames, registers });
    const buckets = promClient.linearBuckets(0.1, 0.1, 5);
    const histogram = new promClient.Histogram({
      name: `latency_${i}_seconds`,
      help: 'Latency',
      labelNames,
      registers,
      buckets,
    });
    for (const route of routes) {
      counter.inc({ team: 'payments', route }, i + 1);
      gauge.set({ team: 'payments', route }, i);
      if (i < 3) histogram.observe({ team: 'payments', route }, 0.3);
    }
  }
  return registry;
}

async function ourAnswer(): Promise<Buffer> {
  const { body } = await scrape(ourRecorder(), { method: 'GET' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const theirAnswer = async (): Promise<Buffer> => Buffer.from(await theirRegistry().metrics());

const size = async (answer: Promise<Uint8Array>): Promise<number> => (await answer).length;
const zipped = async (answer: Promise<Uint8Array>): Promise<number> => gzipSync(await answer).length;

/** How large the answer to a scrape is; the names, the values and the compression are the same on both sides. */
export const rows: Readonly<Record<string, Row>> = {
  'answer of 30 families': {
    unit: 'B',
    clients: { [ours]: () => size(ourAnswer()), 'prom-client': () => size(theirAnswer()) },
  },
  'answer of 30 families, gzip': {
    unit: 'B',
    clients: { [ours]: () => zipped(ourAnswer()), 'prom-client': () => zipped(theirAnswer()) },
  },
};
