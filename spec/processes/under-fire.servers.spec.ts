import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { Program } from './program.js';
import { scrapedFrom, scrapedUntil } from './scraped-until.js';
import { ageOfLoss, readWritten } from './written.js';

/** How long the fire lasts, in seconds. The whole minute: `FIRE_SECONDS=60`. */
const fireSeconds = Number(process.env['FIRE_SECONDS'] ?? 12);
/** How long a worker is blocked, in seconds: 10 in the long run. */
const blockSeconds = fireSeconds >= 60 ? 10 : 3;

/**
 * The primary tells four workers and four threads a hundred times a second each what to count, and counts that itself; so
 * what the others have must add up to is known at every moment. Each of them makes its native histogram begin again at 0
 * every second or so, and writes down in a file when it has counted how much: that file outlives it.
 */
const program = `
  import cluster from 'node:cluster';
  import { openSync, writeSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  import { isMainThread, parentPort, threadId, Worker } from 'node:worker_threads';
  import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';

  const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
  const steps = recorder.counter(defineCounter({ name: 'steps_total', help: 'Steps', labels: { role: {} } }));
  const ofSource = defineCounter({ name: 'counted_total', help: 'Steps of one process or thread', labels: { source: {} } });
  const counted = recorder.counter(ofSource);
  const told = recorder.counter(defineCounter({ name: 'told_total', help: 'Steps that were told' }));
  const native = { factor: 1.01, maxBuckets: 20, resetAfterSeconds: 1 };
  const seconds = recorder.histogram(defineHistogram({ name: 'step_seconds', help: 'Steps', buckets: [1, 2], native }));
  const held = recorder.gauge(defineGauge({ name: 'held', help: 'Held', aggregator: 'livesum' }));
  const server = new MetricsServer(recorder, { port: 0, cluster: true, keepAlive: true, processMetrics: false });
  const { url } = await server.listen();
  if (isMainThread && cluster.isPrimary) {
    console.log(JSON.stringify(url));
    const [threads, workers] = [[], []];
    const addThread = (i) => { threads[i] = new Worker(new URL(import.meta.url)); };
    for (let i = 0; i < 4; i++) { addThread(i); workers[i] = cluster.fork(); }
    let begun;
    let each = 0;
    const telling = setInterval(() => {
      if (begun === undefined) return;
      const more = Math.floor((performance.now() - begun) / 10) - each;
      each += more;
      if (more === 0) return;
      for (const worker of workers) if (worker.isConnected()) { worker.send({ count: more }); told.inc({}, more); }
      for (const thread of threads) { thread.postMessage({ count: more }); told.inc({}, more); }
    }, 20);
    createInterface({ input: process.stdin }).on('line', (line) => {
      const [command, given] = line.split(' ');
      const i = Number(given);
      if (command === 'begin') begun = performance.now();
      if (command === 'kill') {
        console.log(JSON.stringify(workers[i].process.pid + '-0'));
        workers[i].process.kill('SIGKILL');
        workers[i] = cluster.fork();
      }
      if (command === 'terminate') {
        console.log(JSON.stringify(process.pid + '-' + threads[i].threadId));
        void threads[i].terminate().then(() => addThread(i));
      }
      if (command === 'block') workers[0].send({ block: i });
      if (command === 'stop') clearInterval(telling);
    });
  } else {
    const role = isMainThread ? 'worker' : 'thread';
    const source = process.pid + '-' + threadId;
    const file = openSync(process.env.COUNTED + '/' + source, 'a');
    let total = 0;
    held.set({}, 1);
    steps.inc({ role }, 0);
    const onMessage = ({ count = 0, block = 0 }) => {
      for (let i = 0; i < count; i++) { steps.inc({ role }); seconds.observe({}, 1.001 + Math.random() * 0.998); }
      counted.inc({ source }, count);
      total += count;
      writeSync(file, Date.now() + ' ' + total + '\\n');
      for (const end = Date.now() + block * 1000; Date.now() < end; );
    };
    if (isMainThread) process.on('message', onMessage);
    else parentPort.on('message', onMessage);
    setInterval(() => undefined, 1000);
  }
`;

describe('Truth under fire: workers and threads that are killed each second', function () {
  this.timeout(240_000);
  let primary: Program;
  let url: string;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'counted-'));
    primary = new Program({ 'program.mjs': program }, { COUNTED: folder });
    url = await primary.next<string>();
    await scrapedUntil(url, 'flowplane_metrics_sources 8', 'held 8');
  });

  afterEach(async () => {
    await primary.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const read = async (): Promise<Map<string, number>> =>
    new Map(
      (await scrapedFrom(url)).map((one) => {
        const [name = '', text] = one.split(' ');
        return [name, Number(text)];
      }),
    );

  const sumSteps = (samples: ReadonlyMap<string, number>): number =>
    (samples.get('steps_total{role="worker"}') ?? 0) + (samples.get('steps_total{role="thread"}') ?? 0);

  /** Kills one each second, and looks at every number in between. Returns which were killed. */
  async function fire(): Promise<Set<string>> {
    const last = new Map<string, number>();
    const killed = new Set<string>();
    for (let second = 0; second < fireSeconds; second++) {
      primary.tell(`${second % 2 === 0 ? 'kill' : 'terminate'} ${second % 4}`);
      killed.add(await primary.next<string>());
      for (const end = performance.now() + 1000; performance.now() < end; await wait(50)) {
        const samples = await read();
        for (const [name, number] of samples) {
          if (!/^(steps_total|step_seconds_)/.test(name)) continue;
          expect(number, `${name} in second ${second}`).to.be.at.least(last.get(name) ?? 0);
          last.set(name, number);
        }
        expect(samples.get('step_seconds_bucket{le="2"}')).to.equal(samples.get('step_seconds_count'));
        expect(sumSteps(samples)).to.equal(samples.get('step_seconds_count') ?? 0);
      }
    }
    return killed;
  }

  const mergedOf = (samples: ReadonlyMap<string, number>, source: string): number =>
    samples.get(`counted_total{source="${source}"}`) ?? 0;

  /** The ages of what was lost, by process or thread. */
  const findLosses = (samples: ReadonlyMap<string, number>): [source: string, age: number][] =>
    [...readWritten(folder)]
      .map(([source, written]): [string, number] => [source, ageOfLoss(written, mergedOf(samples, source))])
      .filter(([, age]) => age > 0);

  it('lets no counter fall, also where histograms begin anew, loses what a second has counted at most, and forgets what the dead held', async () => {
    primary.tell('begin');
    const killed = await fire();
    primary.tell('stop');
    await scrapedUntil(url, 'flowplane_metrics_sources 8', 'held 8');
    let samples = await read();
    // Those that live lose nothing.
    for (; findLosses(samples).some(([source]) => !killed.has(source)); samples = await read()) await wait(50);
    const [counted, told] = [sumSteps(samples), samples.get('told_total') ?? 0];
    expect(told).to.be.above(fireSeconds * 400);
    expect(counted).to.be.at.most(told);
    for (const [source, age] of findLosses(samples))
      expect(age, `lost by ${source}, in milliseconds`).to.be.at.most(1000);
  });

  it('gives a real Prometheus the rate of the traffic, within what was lost, and no peak', async function () {
    needs(this, 'prometheus');
    const prometheus = await PrometheusServer.start(url);
    try {
      primary.tell('begin');
      await wait(1000);
      await fire();
      const window = `[${fireSeconds - 4}s]`;
      const ratio = await prometheus.value(`sum(rate(steps_total${window})) / sum(rate(told_total${window}))`);
      expect(ratio).to.be.within(0.7, 1.1);
      const counts = await prometheus.value(`sum(rate(step_seconds_count${window})) / sum(rate(steps_total${window}))`);
      expect(counts).to.be.within(0.99, 1.01);
      const peak = await prometheus.value(`max_over_time(sum(rate(steps_total[5s]))[${fireSeconds}s:1s])`);
      expect(peak).to.be.below(1600);
      for (const name of ['steps_total', 'step_seconds_bucket', 'step_seconds_count', 'step_seconds_sum']) {
        expect(await prometheus.value(`sum(resets(${name}[5m]))`), name).to.equal(0);
      }
    } finally {
      await prometheus.stop();
    }
  });

  it('answers at once while a worker is blocked: only its own numbers come later, and its age tells', async () => {
    primary.tell('begin');
    const agesAbove = (samples: ReadonlyMap<string, number>, seconds: number): number =>
      [...samples].filter(([name, age]) => name.startsWith('flowplane_metrics_source_age_seconds{') && age > seconds)
        .length;
    primary.tell(`block ${blockSeconds}`);
    let samples = await read();
    while (agesAbove(samples, blockSeconds * 0.7) !== 1) {
      await wait(50);
      samples = await read();
    }
    const before = sumSteps(samples);
    while (sumSteps(await read()) < before + 50) await wait(20);
    while (agesAbove(await read(), blockSeconds * 0.7) > 0) await wait(50);
    primary.tell('stop');
    // Nothing was lost: it counts what it was told meanwhile.
    for (;;) {
      samples = await read();
      if (sumSteps(samples) === samples.get('told_total')) break;
      await wait(50);
    }
  });
});
