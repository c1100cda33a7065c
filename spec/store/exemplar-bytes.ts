import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';

/** Prints how many bytes an exemplar takes, with as many on counters as on buckets. Needs `node --expose-gc`. */

const count = 20_000;
const users = Array.from({ length: count }, (_, i) => `user-${i}`);
const sizesOfUser = [1, 2, 3, 4, 5, 6, 7, 8];
const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { user: {} }, maxSeries: count });
const sizes = defineHistogram({
  name: 'sizes_bytes',
  help: 'Sizes',
  labels: { user: {} },
  buckets: [1, 2, 3, 4, 5, 6, 7],
});

function record(recorder: PrometheusRecorder): void {
  for (const user of users) recorder.counter(visits).inc({ user });
  for (const user of users.slice(0, count / sizesOfUser.length)) {
    for (const size of sizesOfUser) recorder.histogram(sizes).observe({ user }, size);
  }
}

function measure(): number {
  for (let i = 0; i < 4; i++) global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function bytesPerExemplar(): number {
  const recorder = new PrometheusRecorder({ maxSamples: 1_000_000, onAdvice: () => undefined });
  record(recorder);
  const before = measure();
  trace.getTracer('spec').startActiveSpan('a span', () => record(recorder));
  return (measure() - before) / (2 * count);
}

new NodeTracerProvider().register();
// Why not the first: what is compiled and made once is not of the exemplars. Why the median: a busy machine disturbs one.
const [, ...measured] = Array.from({ length: 4 }, bytesPerExemplar);
console.log(measured.toSorted((a, b) => a - b)[1]);
