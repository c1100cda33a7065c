import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect } from 'chai';
import { Counter as PromCounter, Histogram as PromHistogram, Registry, Summary } from 'prom-client';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type HistogramView,
  PrometheusRecorder,
  type SampleWriter,
  type Scrapable,
  type SummaryView,
} from '../../lib/index.js';

type Labels = Readonly<Record<string, string>>;

/** What is pushed of one series. */
interface Point {
  readonly labels: Labels;
  readonly value?: number;
  readonly createdAt?: number;
  readonly bounds?: readonly string[];
  readonly counts?: readonly number[];
  readonly sum?: number;
  readonly count?: number;
}

/** Reads one family into plain data: all that an exporter has to do. */
class Points implements SampleWriter {
  readonly points: Point[] = [];
  readonly #labels: (readonly [name: string, value: string])[] = [];

  label(depth: number, name: string, value: string): void {
    this.#labels[depth] = [name, value];
  }

  value(depth: number, value: number, createdAt?: number): void {
    this.points.push({ labels: this.#at(depth), value, ...(createdAt !== undefined && { createdAt }) });
  }

  histogram(depth: number, { upperBounds, cumulativeCounts, sum, count }: HistogramView): void {
    const [bounds, counts] = [upperBounds.map(String), Array.from(cumulativeCounts)];
    this.points.push({ labels: this.#at(depth), bounds, counts, sum, count });
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    const [bounds, counts] = [quantiles.map(String), Array.from(values)];
    this.points.push({ labels: this.#at(depth), bounds, counts, sum, count });
  }

  sample(): void {}

  #at(depth: number): Labels {
    return Object.fromEntries(this.#labels.slice(0, depth).filter(([, text]) => text !== ''));
  }
}

/** Pushes the families of a recorder, as JSON, once. */
async function push(scrapable: Scrapable, url: string): Promise<void> {
  const families = (await scrapable.exposedFamilies({ timeoutSeconds: 5 })).map((family) => {
    const reader = new Points();
    for (const _ of family.write(reader));
    return { name: family.name, type: family.type, points: reader.points };
  });
  await fetch(url, { method: 'POST', body: JSON.stringify(families) });
}

describe('A push exporter that is added with the public names', () => {
  let server: Server;
  let url: string;
  let received: readonly { name: string; type: string; points: Point[] }[];

  before(async () => {
    server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
      received = (await json(request)) as typeof received;
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const familyOf = (name: string) => {
    const found = received.find((family) => family.name === name);
    return found && { type: found.type, points: found.points };
  };

  it('reads counters, gauges and whole histograms with their labels', async () => {
    const recorder = new PrometheusRecorder({ constantLabels: { zone: 'eu' }, prefix: 'shop_' });
    const labels = { team: {} };
    recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels })).inc({ team: 'mail' }, 2);
    recorder.gauge(defineGauge({ name: 'rooms', help: 'Rooms', labels })).set({ team: '' }, -1);
    const latency = recorder.histogram(
      defineHistogram({ name: 'latency_seconds', help: 'Latency', labels, buckets: [1, 5] }),
    );
    for (const seconds of [0.5, 3, 9]) latency.observe({ team: 'mail' }, seconds);
    latency.observe({ team: 'chat' }, 2);

    await push(recorder, url);

    const counted = familyOf('shop_jobs_total');
    expect(counted?.type).to.equal('counter');
    expect(counted?.points).to.have.length(1);
    expect(counted?.points[0]).to.deep.include({ labels: { zone: 'eu', team: 'mail' }, value: 2 });
    expect(familyOf('shop_rooms')).to.deep.equal({ type: 'gauge', points: [{ labels: { zone: 'eu' }, value: -1 }] });
    const bounds = ['1', '5', 'Infinity'];
    expect(familyOf('shop_latency_seconds')).to.deep.equal({
      type: 'histogram',
      points: [
        { labels: { zone: 'eu', team: 'mail' }, bounds, counts: [1, 2, 3], sum: 12.5, count: 3 },
        { labels: { zone: 'eu', team: 'chat' }, bounds, counts: [0, 1, 1], sum: 2, count: 1 },
      ],
    });
    const own = familyOf('flowplane_metrics_losses_total');
    expect(own?.points.map(({ labels, value }) => ({ labels, value }))).to.deep.include({
      labels: { reason: 'overflow', zone: 'eu' },
      value: 0,
    });
  });

  it('reads when a counter was created', async () => {
    const recorder = new PrometheusRecorder();
    const before = Date.now() / 1000;
    recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' })).inc();
    await push(recorder, url);
    expect(familyOf('jobs_total')?.points[0]?.createdAt).to.be.within(before, Date.now() / 1000);
  });

  it('reads whole histograms and summaries of prom-client', async () => {
    const registry = new Registry();
    const registers = [registry];
    const labelNames = ['team'] as const;
    new PromCounter({ name: 'old_jobs_total', help: 'Jobs', registers, labelNames }).inc({ team: 'mail' }, 4);
    const histogram = new PromHistogram({ name: 'old_latency', help: 'Latency', registers, labelNames, buckets: [1] });
    histogram.observe({ team: 'mail' }, 0.5);
    histogram.observe({ team: 'chat' }, 2);
    new Summary({ name: 'old_size', help: 'Size', registers, percentiles: [0.5] }).observe(7);

    await push(new PrometheusRecorder({ registry }), url);

    expect(familyOf('old_jobs_total')).to.deep.equal({
      type: 'counter',
      points: [{ labels: { team: 'mail' }, value: 4 }],
    });
    const bounds = ['1', 'Infinity'];
    expect(familyOf('old_latency')).to.deep.equal({
      type: 'histogram',
      points: [
        { labels: { team: 'mail' }, bounds, counts: [1, 1], sum: 0.5, count: 1 },
        { labels: { team: 'chat' }, bounds, counts: [0, 1], sum: 2, count: 1 },
      ],
    });
    expect(familyOf('old_size')).to.deep.equal({
      type: 'summary',
      points: [{ labels: {}, bounds: ['0.5'], counts: [7], sum: 7, count: 1 }],
    });
  });
});
