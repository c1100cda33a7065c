import { execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { PrometheusRecorder } from '../../lib/index.js';
import type { MetricsServerOptions } from '../../lib/server/index.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { Served, sampleIn, ThreadServer } from './served.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What an exposition says of its metrics of the process, without their values. */
const headsIn = (body: string): string[] => body.split('\n').filter((line) => /^# \w+ \w*(nodejs|process)_/.test(line));

describe('The metrics of the process, of a server in a thread', () => {
  const servers = [new Served(), new Served(ThreadServer)] as const;

  afterEach(async () => {
    for (const one of servers) await one.close();
  });

  /** A scrape that has what the main thread tells: on a busy machine, that thread may be blocked by the specs. */
  async function scrape(url: string): Promise<string> {
    let body = '';
    await until(async () => {
      ({ body } = await ask(url));
      return body.includes('nodejs_heap_size_used_bytes');
    });
    return body;
  }

  for (const [whose, ofRecorder, options] of [
    ['the server', {}, { processMetrics: true }],
    ['the recorder', { processMetrics: true }, { processMetrics: false }],
    ['both', { processMetrics: true, constantLabels: { region: 'eu' } }, { processMetrics: true }],
  ] as const) {
    it(`have the names, types and help texts that they have without one, where they are wanted of ${whose}`, async () => {
      const bodies: string[] = [];
      for (const served of servers) {
        const { url } = await served.serve(new PrometheusRecorder(ofRecorder), options as MetricsServerOptions);
        bodies.push(await scrape(url));
      }
      const [without, inThread] = bodies.map(headsIn);
      expect(inThread).to.have.length.above(50);
      expect(inThread).to.deep.equal(without);
    });
  }

  for (const prefix of ['', 'shop_']) {
    it(`come from a registry that collects them itself${prefix === '' ? '' : ' with a prefix'}, each once`, async () => {
      const bodies: string[] = [];
      for (const served of servers) {
        const registry = new Registry();
        collectDefaultMetrics({ register: registry, prefix });
        const { url } = await served.serve(new PrometheusRecorder({ registry }), { processMetrics: true });
        bodies.push(await scrape(url));
      }
      const [without, inThread] = bodies.map(headsIn);
      expect(inThread).to.deep.equal([...new Set(inThread)]);
      expect(inThread).to.deep.equal(without);
    });
  }

  it('tell of the main thread, not of the one that serves', async () => {
    const { url } = await servers[1].serve(new PrometheusRecorder(), { processMetrics: true });
    const collections = 'nodejs_gc_duration_seconds_count{kind="major"}';
    // Why, and why so much below: what earlier specs have left would hide how the heap grows.
    for (let i = 0; i < 3; i++) global.gc?.();
    const before = await scrape(url);
    const kept = new Array<number>(20_000_000).fill(0.5);
    for (let i = 0; i < 3; i++) global.gc?.();
    // Why: Node measures how late its event loop is from one of its ticks to the next, each ten milliseconds.
    await wait(50);
    for (const end = performance.now() + 300; performance.now() < end; );
    let after = '';
    let longest = 0;
    await until(async () => {
      after = await scrape(url);
      longest = Math.max(longest, sampleIn(after, 'nodejs_eventloop_lag_max_seconds'));
      return sampleIn(after, collections) >= (sampleIn(before, collections) || 0) + 3;
    });
    expect(longest).to.be.at.least(0.29).and.below(60);
    const grown = sampleIn(after, 'nodejs_heap_size_used_bytes') - sampleIn(before, 'nodejs_heap_size_used_bytes');
    expect(grown).to.be.above(kept.length * 4);
    expect(sampleIn(after, 'nodejs_active_handles_total')).to.be.above(0);
  });

  it('count the garbage collections of the process on, where the server is closed and another one begins', async () => {
    const collections = 'nodejs_gc_duration_seconds_count{kind="major"}';
    const first = await servers[1].serve(new PrometheusRecorder(), { processMetrics: true });
    for (let i = 0; i < 20; i++) global.gc?.();
    let before = 0;
    await until(async () => {
      before = sampleIn(await scrape(first.url), collections);
      return before >= 20;
    });
    await first.server.close();
    const second = await servers[1].serve(new PrometheusRecorder(), { processMetrics: true });
    expect(sampleIn(await scrape(second.url), collections)).to.be.at.least(before);
    global.gc?.();
    await until(async () => sampleIn(await scrape(second.url), collections) > before);
  });

  it('leave out how late the event loop was where nothing was measured since the last scrape', async () => {
    const { url } = await servers[1].serve(new PrometheusRecorder(), { processMetrics: true });
    const delay = /^nodejs_eventloop_lag_(?:min|mean|p50)_seconds (.*)$/gm;
    let measured = 0;
    await until(async () => {
      // Why so many: Node measures every ten milliseconds, and most of them are closer to each other.
      for (let i = 0; i < 20; i++) {
        const values = [...(await ask(url)).body.matchAll(delay)].map(([, value]) => Number(value));
        for (const value of values) expect(value).to.be.within(0, 60);
        measured += values.length;
      }
      return measured > 0;
    });
  });

  it('need no client on the main thread, where the thread has one', () => {
    const code = `
      const { createRequire } = await import('node:module');
      const { serveMetrics } = await import('flowplane-metrics/serve');
      const { url, close } = await serveMetrics({ port: 0, thread: true });
      let body = '';
      while (!body.includes('nodejs_heap_size_used_bytes')) body = await (await fetch(url)).text();
      await close();
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      console.log(loaded.some((path) => /prom-client|prometheus-io.client/.test(path)));`;
    const node = ['--input-type=module', '-e', code];
    expect(execFileSync(process.execPath, node, { cwd: root, encoding: 'utf8' })).to.equal('false\n');
  });
});
