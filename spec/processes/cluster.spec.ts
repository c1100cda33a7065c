import { expect } from 'chai';
import { Program } from './program.js';

/** A primary with an aggregator and two workers; it writes what a scrape shows when it is told to. */
const program = `
  import cluster from 'node:cluster';
  import { createInterface } from 'node:readline';
  import { text } from 'node:stream/consumers';
  import { defineCounter, PrometheusRecorder, scrape } from 'flowplane-metrics';
  import { MetricsAggregator, publishMetrics } from 'flowplane-metrics/processes';

  const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { kind: {} } });
  const recorder = new PrometheusRecorder();
  if (cluster.isPrimary) {
    recorder.counter(jobs).inc({ kind: 'primary' });
    const aggregator = new MetricsAggregator({ recorder, processMetrics: false });
    const workers = [cluster.fork(), cluster.fork()];
    cluster.on('message', (_, message) => { if (message === 'ready') console.log('"ready"'); });
    createInterface({ input: process.stdin }).on('line', async (line) => {
      const [command, worker, ...rest] = line.split(' ');
      if (command === 'tell') workers[worker].send(rest.join(' '));
      if (command === 'kill') workers[worker].process.kill('SIGKILL');
      if (command === 'fork') workers.push(cluster.fork());
      if (command === 'scrape') {
        const { body } = await scrape(aggregator, { method: 'GET' });
        console.log(JSON.stringify((await text(body)).split('\\n').filter((one) => one && !one.startsWith('#'))));
      }
    });
  } else {
    publishMetrics(recorder, { intervalSeconds: 0.05, processMetrics: false });
    process.on('message', (message) => {
      if (message === 'exit') process.exit();
      if (String(message).startsWith('count ')) recorder.counter(jobs).inc({ kind: 'worker' }, Number(message.slice(6)));
      if (message === 'count and exit') { recorder.counter(jobs).inc({ kind: 'worker' }, 1000); process.exit(); }
    });
    process.send('ready');
  }
`;

describe('The workers of a cluster', () => {
  let primary: Program;

  beforeEach(async () => {
    primary = new Program({ 'program.mjs': program });
    for (let worker = 0; worker < 2; worker++) await primary.next();
  });

  afterEach(() => primary.stop());

  /** Scrapes until this sample is there. */
  async function scrapedUntil(expected: string): Promise<string[]> {
    for (;;) {
      primary.tell('scrape');
      const samples = await primary.next<string[]>();
      if (samples.includes(expected)) return samples;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('merge with their primary: a scrape has the counts of all of them', async () => {
    primary.tell('tell 0 count 2');
    primary.tell('tell 1 count 3');
    const samples = await scrapedUntil('jobs_total{kind="worker"} 5');
    expect(samples).to.include('jobs_total{kind="primary"} 1');
    expect(samples).to.include('flowplane_metrics_sources 2');
    expect(samples.filter((one) => one.startsWith('flowplane_metrics_source_age_seconds{'))).to.have.length(2);
  });

  it('lose nothing where one exits, and what was published stays where one is killed', async () => {
    primary.tell('tell 0 count 2');
    primary.tell('tell 1 count 3');
    await scrapedUntil('jobs_total{kind="worker"} 5');
    primary.tell('kill 1');
    primary.tell('tell 0 count and exit');
    await scrapedUntil('jobs_total{kind="worker"} 1005');
    await scrapedUntil('flowplane_metrics_sources 0');
    primary.tell('fork');
    await primary.next();
    primary.tell('tell 2 count 1');
    await scrapedUntil('jobs_total{kind="worker"} 1006');
  });
});
