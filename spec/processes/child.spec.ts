import { expect } from 'chai';
import { Program } from './program.js';

/** A parent that writes what its child sends, and what a scrape shows after it has an aggregator. */
const parent = `
  import { fork } from 'node:child_process';
  import { createInterface } from 'node:readline';
  import { text } from 'node:stream/consumers';
  import { scrape } from 'flowplane-metrics';
  import { MetricsAggregator } from 'flowplane-metrics/processes';

  const child = fork(new URL('./child.mjs', import.meta.url));
  child.on('message', (message) => console.log(JSON.stringify(message)));
  let aggregator;
  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line === 'accept') { aggregator = new MetricsAggregator(); aggregator.accept(child); }
    if (line === 'end') child.send('end');
    if (line === 'scrape') {
      const { body } = await scrape(aggregator, { method: 'GET' });
      console.log(JSON.stringify((await text(body)).split('\\n').filter((one) => one && !one.startsWith('#'))));
    }
  });
`;

const child = `
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { publishMetrics } from 'flowplane-metrics/processes';

  const recorder = new PrometheusRecorder();
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' }));
  jobs.inc({}, 3);
  const { publish } = publishMetrics(recorder, { intervalSeconds: 0.02, processMetrics: false });
  let ticks = 0;
  const timer = setInterval(async () => {
    await publish();
    // Why the tenth: it had ten chances to publish before.
    if (++ticks === 10) process.send('ticked');
  }, 20);
  // Why: its timer would keep it running after its parent was killed.
  process.on('disconnect', () => process.exit());
  process.on('message', (message) => {
    if (message !== 'end') return;
    jobs.inc({}, 4);
    process.exit();
  });
`;

describe('A child process that was started by fork()', () => {
  let program: Program;

  beforeEach(() => {
    program = new Program({ 'parent.mjs': parent, 'child.mjs': child });
  });

  afterEach(() => program.stop());

  /** The lines until a scrape shows this sample: messages of the child are among them. */
  async function scrapedUntil(expected: string): Promise<unknown[]> {
    const messages: unknown[] = [];
    for (;;) {
      program.tell('scrape');
      let line = await program.next<string[] | object>();
      for (; !Array.isArray(line); line = await program.next()) messages.push(line);
      if (line.includes(expected)) return messages;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('sends nothing but what its program sends before the parent has an aggregator, and envelopes with one tag afterwards', async () => {
    expect(await program.next()).to.equal('ticked');
    program.tell('accept');
    const messages = await scrapedUntil('jobs_total 3');
    expect(messages).to.not.be.empty;
    for (const message of messages) expect(message).to.have.property('flowplane-metrics', 1);
  });

  it('loses nothing when it exits', async () => {
    await program.next();
    program.tell('accept');
    await scrapedUntil('jobs_total 3');
    program.tell('end');
    await scrapedUntil('jobs_total 7');
    await scrapedUntil('flowplane_metrics_sources 0');
  });
});
