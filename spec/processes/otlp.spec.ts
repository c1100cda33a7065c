import { expect } from 'chai';
import { defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { OtlpExporter } from '../../lib/otlp/index.js';
import { type ReadRequest, readOtlp } from '../otlp/read-otlp.js';
import { answers, FaultyReceiver } from '../sending/faulty-receiver.js';
import { until } from '../until.js';
import { Connected } from './connected.js';
import { Program } from './program.js';

/** A primary, two workers, and a thread of one of them: all with the same line. */
const program = `
  import cluster from 'node:cluster';
  import { isMainThread, Worker } from 'node:worker_threads';
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';

  const recorder = new PrometheusRecorder();
  const role = !isMainThread ? 'thread' : cluster.isPrimary ? 'primary' : 'worker';
  recorder.counter(defineCounter({ name: 'started_total', help: 'Started', labels: { role: {} } })).inc({ role });
  const otlp = { endpoint: process.env.RECEIVER, intervalSeconds: 1, announce: false };
  await new MetricsServer(recorder, { port: 0, cluster: true, keepAlive: true, processMetrics: false, otlp }).listen();
  if (role === 'primary') for (let i = 0; i < 2; i++) cluster.fork();
  if (role === 'worker' && cluster.worker.id === 1) new Worker(new URL(import.meta.url));
  setInterval(() => undefined, 1000);
`;

describe('A cluster that sends over OTLP', () => {
  const receiver = new FaultyReceiver();
  let primary: Program | undefined;

  before(() => receiver.start());
  after(() => receiver.stop());
  afterEach(() => primary?.stop());

  /** What was started, by role, in a request. */
  const startedIn = ({ metrics }: ReadRequest): [role: string, count: number][] =>
    metrics
      .filter(({ name }) => name === 'started')
      .flatMap(({ points }) =>
        points.map(({ attributes, asDouble }): [string, number] => [attributes['role'] ?? '', asDouble ?? 0]),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));

  it('sends from the primary alone, with the numbers of all', async () => {
    receiver.reset(answers(200));
    primary = new Program({ 'program.mjs': program }, { RECEIVER: receiver.url });
    const all = [
      ['primary', 1],
      ['thread', 1],
      ['worker', 2],
    ];
    const isComplete = (request: ReadRequest): boolean => JSON.stringify(startedIn(request)) === JSON.stringify(all);
    await until(() => receiver.received.map(readOtlp).some(isComplete));
    const requests = receiver.received.map(readOtlp);
    expect(new Set(requests.map(({ resource }) => resource['service.instance.id'])).size).to.equal(1);
  });

  it('sends as deltas each count of all its processes once, also where an older one comes later, or one ends', async () => {
    receiver.reset(answers(200));
    const connected = new Connected();
    const [jobs, wait] = [
      defineCounter({ name: 'jobs_total', help: 'Jobs' }),
      defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1], native: true, advice: false }),
    ];
    const recorders = Array.from({ length: 3 }, () => new PrometheusRecorder());
    const count = (recorder: PrometheusRecorder | undefined, by: number): void => {
      recorder?.counter(jobs).inc({}, by);
      for (let i = 0; i < by; i++) recorder?.histogram(wait).observe({}, 0.5);
    };
    const exporter = new OtlpExporter(connected, { endpoint: receiver.url, temporality: 'delta', announce: false });
    /** What is sent of the counter and the histogram after this, which is published. */
    const sentAfter = async (change: () => unknown): Promise<unknown[]> => {
      receiver.reset(answers(200));
      await change();
      await connected.publish();
      await exporter.flush();
      const metrics = receiver.received.flatMap((request) => readOtlp(request).metrics);
      return ['jobs', 'wait'].map((name) => {
        const [point] = metrics.find((one) => one.name === name)?.points ?? [];
        return point?.asDouble ?? point?.count;
      });
    };
    try {
      const [oldest, middle, newest] = recorders;
      for (const one of recorders) {
        count(one, 1);
        const begun = Date.now();
        await until(() => Date.now() > begun);
      }
      expect(await sentAfter(() => connected.connect(newest as PrometheusRecorder))).to.deep.equal([1, 1]);
      count(oldest, 4);
      expect(await sentAfter(() => connected.connect(oldest as PrometheusRecorder))).to.deep.equal([5, 5]);
      expect(await sentAfter(() => connected.connect(middle as PrometheusRecorder))).to.deep.equal([1, 1]);
      expect(await sentAfter(() => connected.kill(oldest as PrometheusRecorder))).to.deep.equal([undefined, undefined]);
      expect(await sentAfter(() => count(middle, 2))).to.deep.equal([2, 2]);
      count(newest, 3);
      expect(await sentAfter(() => connected.end(newest as PrometheusRecorder))).to.deep.equal([3, 3]);
    } finally {
      await exporter.shutdown();
      await connected.close();
    }
  });

  it('sends nothing as deltas of a process that has ended, where each has series of its own', async () => {
    receiver.reset(answers(200));
    const connected = new Connected();
    const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', aggregator: 'all' });
    const [ending, living] = [new PrometheusRecorder(), new PrometheusRecorder()];
    for (const recorder of [ending, living]) recorder.counter(jobs).inc({}, 3);
    const exporter = new OtlpExporter(connected, { endpoint: receiver.url, temporality: 'delta', announce: false });
    const sent = async (): Promise<(number | undefined)[]> => {
      receiver.reset(answers(200));
      await connected.publish();
      await exporter.flush();
      const metrics = receiver.received.flatMap((request) => readOtlp(request).metrics);
      return metrics.filter(({ name }) => name === 'jobs').flatMap(({ points }) => points.map((one) => one.asDouble));
    };
    try {
      connected.connect(ending, living);
      expect(await sent()).to.deep.equal([3, 3]);
      connected.kill(ending);
      expect(await sent()).to.deep.equal([]);
      living.counter(jobs).inc({}, 2);
      expect(await sent()).to.deep.equal([2]);
    } finally {
      await exporter.shutdown();
      await connected.close();
    }
  });
});
