/*
 * A program, as a user would write it, that is bundled with the packed library. It imports every entry that a service
 * uses, serves metrics, and prints as JSON what it saw. The specs require instead of import in a second form of it.
 */
import {
  Counter,
  defineGauge,
  defineHistogram,
  instrumentFunction,
  MetricsError,
  PrometheusRecorder,
} from 'flowplane-metrics';
import { installMetrics } from 'flowplane-metrics/inversify';
import { httpMetrics, MetricsServer } from 'flowplane-metrics/koa';
import { serveMetrics } from 'flowplane-metrics/serve';
import { MemoryRecorder } from 'flowplane-metrics/testing';

async function run() {
  const recorder = new PrometheusRecorder();
  const server = await serveMetrics({ port: 0, recorder, drain: false });
  instrumentFunction(() => 1, Counter({ name: 'calls_total', help: 'Calls' }))();
  recorder.gauge(defineGauge({ name: 'depth', help: 'Depth' })).set({}, 2);
  recorder.histogram(defineHistogram({ name: 'size_bytes', help: 'Size', buckets: [1] })).observe({}, 3);
  httpMetrics(recorder);
  const text = await (await fetch(server.url)).text();
  await server.close();
  const inThread = await serveMetrics({ port: 0, recorder, thread: true });
  const ofThread = await (await fetch(inThread.url)).text();
  await inThread.close();
  const koa = new MetricsServer(recorder, { port: 0 });
  return {
    families: [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
    samples: [...text.matchAll(/^(calls_total|depth|size_bytes_count) \d+$/gm)].map(([line]) => line),
    // Only a server in a thread has this counter.
    thread: ofThread.includes('flowplane_metrics_thread_restarts_total 0'),
    // Koa is not installed, and it is the same class of errors in every entry.
    koa: await koa.listen().catch((error) => [error instanceof MetricsError, error.code]),
    testing: sameError(() => new MemoryRecorder().value('nothing')),
    inversify: sameError(() => installMetrics({})),
  };
}

function sameError(cause) {
  try {
    return cause();
  } catch (error) {
    return error instanceof MetricsError;
  }
}

run().then((seen) => console.log(JSON.stringify(seen)));
