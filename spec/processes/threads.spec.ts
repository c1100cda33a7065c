import { expect } from 'chai';
import { Program } from './program.js';

const program = `
  import { createInterface } from 'node:readline';
  import { text } from 'node:stream/consumers';
  import { isMainThread, parentPort, Worker } from 'node:worker_threads';
  import { defineCounter, defineGauge, PrometheusRecorder, scrape } from 'flowplane-metrics';
  import { MetricsAggregator, publishMetrics } from 'flowplane-metrics/processes';

  const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs' });
  const running = defineGauge({ name: 'running', help: 'Running', aggregator: 'livesum' });
  const recorder = new PrometheusRecorder();
  if (isMainThread) {
    const aggregator = new MetricsAggregator({ onAdvice: ({ message }) => console.log(JSON.stringify({ message })) });
    const threads = [0, 1].map(() => new Worker(new URL(import.meta.url)));
    for (const thread of threads) thread.on('message', (message) => console.log(JSON.stringify(message)));
    createInterface({ input: process.stdin }).on('line', async (line) => {
      const [command, thread, ...rest] = line.split(' ');
      if (command === 'tell') threads[thread].postMessage(rest.join(' '));
      if (command === 'terminate') threads[thread].terminate();
      if (command === 'scrape') {
        const { body } = await scrape(aggregator, { method: 'GET' });
        console.log(JSON.stringify((await text(body)).split('\\n').filter((one) => one && !one.startsWith('#'))));
      }
    });
  } else {
    publishMetrics(recorder, { intervalSeconds: 0.05 });
    parentPort.on('message', (message) => {
      if (message === 'count') {
        recorder.counter(jobs).inc();
        recorder.gauge(running).inc();
      }
      if (message === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if (message === 'count and exit') {
        recorder.counter(jobs).inc({}, 100);
        process.exit();
      }
    });
  }
`;

describe('The threads of a process', () => {
  let main: Program;

  beforeEach(() => {
    main = new Program({ 'program.mjs': program });
  });

  afterEach(() => main.stop());

  /** The next answer to a scrape; advice in between is left out. */
  async function nextSamples(): Promise<string[]> {
    for (;;) {
      const line = await main.next<string[] | { message: string }>();
      if (Array.isArray(line)) return line;
    }
  }

  async function scrapedUntil(...expected: string[]): Promise<string[]> {
    for (;;) {
      main.tell('scrape');
      const samples = await nextSamples();
      if (expected.every((one) => samples.includes(one))) return samples;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('merge, and what one counted stays when it exits or is terminated, but for what it held', async () => {
    main.tell('tell 0 count');
    main.tell('tell 1 count');
    expect(await scrapedUntil('jobs_total 2', 'running 2')).to.include('flowplane_metrics_sources 2');
    main.tell('terminate 0');
    await scrapedUntil('jobs_total 2', 'running 1', 'flowplane_metrics_sources 1');
    main.tell('tell 1 count and exit');
    await scrapedUntil('jobs_total 102', 'flowplane_metrics_sources 0');
  });

  it('bring advice where one waits as the idle ones of a pool do, so that it publishes nothing', async () => {
    await scrapedUntil('flowplane_metrics_sources 2');
    main.tell('tell 1 wait');
    for (;;) {
      main.tell('scrape');
      const line = await main.next<string[] | { message: string }>();
      if (Array.isArray(line)) await new Promise((resolve) => setTimeout(resolve, 20));
      else {
        expect(line.message).to.match(
          /^MetricsAggregator: a thread publishes nothing, so .* \(given thread \d+ of process \d+\)\. .*"atomics" of piscina/,
        );
        break;
      }
    }
  });
});
