import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../free-port.js';
import { Program } from './program.js';
import { scrapedUntil } from './scraped-until.js';

/** The same line in the primary, in its workers, and in a thread of a worker. */
const program = `
  import cluster from 'node:cluster';
  import { isMainThread, Worker } from 'node:worker_threads';
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';

  const recorder = new PrometheusRecorder();
  const role = !isMainThread ? 'thread' : cluster.isPrimary ? 'primary' : 'worker';
  recorder.counter(defineCounter({ name: 'started_total', help: 'Started', labels: { role: {} } })).inc({ role });
  const server = new MetricsServer(recorder, { port: PORT, cluster: true, keepAlive: true, processMetrics: false, thread: THREAD });
  const { url } = await server.listen();
  if (role === 'primary') console.log(JSON.stringify(url));
  if (role === 'primary') for (let i = 0; i < 2; i++) cluster.fork();
  if (role === 'worker') new Worker(new URL(import.meta.url));
  setInterval(() => undefined, 1000);
`;

/** A process at a socket. */
const instance = `
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';
  const recorder = new PrometheusRecorder();
  recorder.counter(defineCounter({ name: 'started_total', help: 'Started' })).inc();
  const server = new MetricsServer(recorder, { port: PORT, cluster: true, keepAlive: true, processMetrics: false, thread: THREAD });
  await server.listen();
  console.log('"ready"');
  process.on('SIGINT', () => process.exit());
  setInterval(() => undefined, 1000);
`;

describe('new MetricsServer(recorder, { cluster: true })', () => {
  const programs: Program[] = [];
  const folders: string[] = [];

  function start(text: string, port: number, thread: boolean, environment?: NodeJS.ProcessEnv): Program {
    const filled = text.replaceAll('PORT', String(port)).replaceAll('THREAD', String(thread));
    const one = new Program({ 'program.mjs': filled }, environment);
    programs.push(one);
    return one;
  }

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((one) => one.stop()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  for (const [where, thread] of Object.entries({ 'in the process': false, 'in a thread': true })) {
    it(`serves the primary, its workers and their threads at one address, which only the primary listens at, ${where}`, async () => {
      const port = await freePort();
      const url = await start(program, port, thread).next<string>();
      await scrapedUntil(
        url,
        'started_total{role="primary"} 1',
        'started_total{role="worker"} 2',
        'started_total{role="thread"} 2',
      );
    });

    it(`serves unrelated processes at a socket, and another one takes over when the one that serves ends, with its counts, ${where}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'flowplane-'));
      folders.push(folder);
      const environment = { FLOWPLANE_METRICS_SOCKET: join(folder, 'metrics.sock') };
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/metrics`;
      const first = start(instance, port, thread, environment);
      await first.next();
      await start(instance, port, thread, environment).next();
      await start(instance, port, thread, environment).next();
      await scrapedUntil(url, 'started_total 3', 'flowplane_metrics_sources 2');
      first.child.kill('SIGINT');
      await first.ended;
      const samples = await scrapedUntil(url, 'flowplane_metrics_sources 1');
      expect(samples).to.include('started_total 3');
    });
  }
});
