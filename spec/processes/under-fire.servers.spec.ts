import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Program } from './program.js';
import { scrapedFrom, scrapedUntil } from './scraped-until.js';

/** Four workers and four threads count a hundred times a second, one at a time is killed each second. */
const program = `
  import cluster from 'node:cluster';
  import { createInterface } from 'node:readline';
  import { isMainThread, Worker } from 'node:worker_threads';
  import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';

  const recorder = new PrometheusRecorder();
  const steps = recorder.counter(defineCounter({ name: 'steps_total', help: 'Steps', labels: { role: {} } }));
  const seconds = recorder.histogram(defineHistogram({ name: 'step_seconds', help: 'Steps', buckets: [1, 2] }));
  const held = recorder.gauge(defineGauge({ name: 'held', help: 'Held', aggregator: 'livesum' }));
  const server = new MetricsServer(recorder, { port: 0, cluster: true, keepAlive: true, processMetrics: false });
  const { url } = await server.listen();
  if (isMainThread && cluster.isPrimary) {
    console.log(JSON.stringify(url));
    const threads = [];
    const addThread = (i) => { threads[i] = new Worker(new URL(import.meta.url)); };
    const workers = [];
    for (let i = 0; i < 4; i++) { addThread(i); workers[i] = cluster.fork(); }
    createInterface({ input: process.stdin }).on('line', (line) => {
      const [command, given] = line.split(' ');
      const i = Number(given);
      if (command === 'kill') {
        workers[i].process.kill('SIGKILL');
        workers[i] = cluster.fork();
      }
      if (command === 'terminate') void threads[i].terminate().then(() => addThread(i));
      if (command === 'block') workers[i].send('block');
      if (command === 'stop') {
        for (const worker of Object.values(cluster.workers)) worker.send('stop');
        for (const thread of threads) thread.postMessage('stop');
      }
    });
  } else {
    const role = isMainThread ? 'worker' : 'thread';
    held.set({}, 1);
    // Why late: what is published first must be at 0, as with every process that has just started.
    const counting = setInterval(() => { steps.inc({ role }); seconds.observe({}, 1.5); }, 10);
    const onMessage = (message) => {
      if (message === 'stop') clearInterval(counting);
      if (message === 'block') for (const end = Date.now() + 10_000; Date.now() < end; );
    };
    if (isMainThread) process.on('message', onMessage);
    else (await import('node:worker_threads')).parentPort.on('message', onMessage);
    setInterval(() => undefined, 1000);
  }
`;

describe('Truth under fire: workers and threads that are killed each second', function () {
  this.timeout(240_000);
  let primary: Program;
  let url: string;

  beforeEach(async () => {
    primary = new Program({ 'program.mjs': program });
    url = await primary.next<string>();
    await scrapedUntil(url, 'flowplane_metrics_sources 8', 'held 8');
  });

  afterEach(() => primary.stop());

  it('lets no counter fall, keeps buckets and counts equal, and forgets what the dead held', async () => {
    const last = new Map<string, number>();
    for (let second = 0; second < 60; second++) {
      primary.tell(`${second % 2 === 0 ? 'kill' : 'terminate'} ${second % 4}`);
      for (const end = performance.now() + 1000; performance.now() < end; await wait(50)) {
        const samples = new Map((await scrapedFrom(url)).map((one) => one.split(' ') as [string, string]));
        for (const [name, text] of samples) {
          if (!/^(steps_total|step_seconds_)/.test(name)) continue;
          expect(Number(text), `${name} in second ${second}`).to.be.at.least(last.get(name) ?? 0);
          last.set(name, Number(text));
        }
        expect(samples.get('step_seconds_bucket{le="2"}')).to.equal(samples.get('step_seconds_count'));
      }
    }
    await scrapedUntil(url, 'flowplane_metrics_sources 8', 'held 8');
    // 8 that count a hundred times a second, each for at most 60 seconds; at least half of it on a busy machine.
    const total = (last.get('steps_total{role="worker"}') ?? 0) + (last.get('steps_total{role="thread"}') ?? 0);
    expect(total).to.equal(last.get('step_seconds_count'));
    expect(total).to.be.above(1000);
  });

  it('answers at once while a worker is blocked, whose age grows and whose numbers come later', async () => {
    primary.tell('block 0');
    const oldest = async (): Promise<number> => {
      const ages = (await scrapedFrom(url)).filter((one) => one.startsWith('flowplane_metrics_source_age_seconds{'));
      return Math.max(...ages.map((one) => Number(one.split(' ')[1])));
    };
    while ((await oldest()) < 8) await wait(100);
    const begun = performance.now();
    expect((await scrapedFrom(url)).length).to.be.above(5);
    expect(performance.now() - begun).to.be.below(5000);
    while ((await oldest()) > 5) await wait(100);
  });
});
