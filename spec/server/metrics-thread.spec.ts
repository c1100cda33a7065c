import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Advice,
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExpositionFormat,
  PrometheusRecorder,
} from '../../lib/index.js';
import { MetricsServer, type MetricsServerOptions, serveMetrics } from '../../lib/server/index.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { ask, type Question } from './ask.js';
import { scrapesWhileBlocked } from './blocked-scrapes.js';
import { Certificates, texts } from './certificates.js';
import { exposed, Served, sampleIn, ThreadServer } from './served.js';
import { ThreadFaults } from './thread-faults.js';

const restarts = 'flowplane_metrics_thread_restarts_total';
const incomplete = 'flowplane_metrics_scrapes_incomplete_total';

/** Prints what Node keeps open after ten starts. Why a process of its own: in this one, others have timers too. */
const tenStarts = `
  import { PrometheusRecorder } from '${new URL('../../lib/index.js', import.meta.url)}';
  import { MetricsServer } from '${new URL('../../lib/server/index.js', import.meta.url)}';

  const server = new MetricsServer(new PrometheusRecorder(), { port: 0, processMetrics: false, thread: true });
  const roundTrip = async () => {
    const { url } = await server.listen();
    const response = await fetch(url, { headers: { connection: 'close' } });
    if (response.status !== 200) throw new Error('answered with ' + response.status);
    await response.text();
    await server.close();
  };
  const heap = () => {
    for (let i = 0; i < 3; i++) gc();
    return process.memoryUsage().heapUsed;
  };
  // The pipes are those of the standard streams.
  const open = () => process.getActiveResourcesInfo().filter((one) => one !== 'PipeWrap');

  await roundTrip();
  const heapBefore = heap();
  for (let i = 0; i < 10; i++) await roundTrip();
  // Why again and again: the side of the client closes when it gets to it.
  for (let i = 0; i < 500 && open().length > 0; i++) await new Promise((next) => setTimeout(next, 20));
  console.log(JSON.stringify({ open: open(), grown: heap() - heapBefore }));
`;

describe('A metrics server in a thread of its own', () => {
  const served = new Served(ThreadServer);
  afterEach(() => served.close());

  it('answers over TLS while the event loop of the service is blocked, with the numbers of that moment', async function () {
    needs(this, 'openssl');
    const made = new Certificates();
    try {
      const authority = made.authority('authority');
      const { certFile, keyFile } = made.signed('server', authority);
      const recorder = new PrometheusRecorder();
      const turns = recorder.counter(defineCounter({ name: 'turns_total', help: 'Turns of a loop' }));
      const { url } = await served.serve(recorder, { tls: { certFile, keyFile } });
      const scrapes = await scrapesWhileBlocked({ url, ca: texts(authority).cert as string }, () => turns.inc());
      expect(scrapes.length).to.be.above(2);
      expect(scrapes.map(({ status }) => status)).to.deep.equal(scrapes.map(() => 200));
      const counts = scrapes.map(({ body }) => sampleIn(body, 'turns_total'));
      // Why not a greater one each time: on a busy machine, the thread that counts may wait for its turn.
      expect(counts).to.deep.equal([...counts].sort((a, b) => a - b));
      expect(new Set(counts).size).to.be.above(1);
      expect(sampleIn(scrapes.at(-1)?.body ?? '', 'flowplane_metrics_event_loop_blocked_seconds')).to.be.above(0);
    } finally {
      made.remove();
    }
  });

  it('needs nothing of a blocked main thread where that computes nothing but its metrics about itself', async () => {
    const recorder = new PrometheusRecorder();
    const turns = recorder.counter(defineCounter({ name: 'turns_total', help: 'Turns of a loop' }));
    const { url } = await served.serve(recorder);
    let before = '';
    // Why more than once: on a busy machine this thread may be late for the first one.
    await until(async () => {
      before = (await ask(url)).body;
      return before.includes('flowplane_metrics_losses_total{');
    });
    for (const { body } of await scrapesWhileBlocked({ url }, () => turns.inc())) {
      expect(body).to.contain('flowplane_metrics_losses_total{');
      expect(sampleIn(body, incomplete)).to.equal(sampleIn(before, incomplete));
    }
  });

  it('exposes the metrics of the recorder about itself while the main thread is blocked, and leaves those of the process to later', async () => {
    const { url } = await served.serve(new PrometheusRecorder(), { processMetrics: true });
    expect(await askCompletely(url)).to.not.contain('flowplane_metrics_losses_total');
    await served.close();
    const recorder = new PrometheusRecorder();
    recorder.counter(defineCounter({ name: 'turns_total', help: 'Turns of a loop' })).inc();
    const counting = await served.serve(recorder, { processMetrics: true });
    expect(await askCompletely(counting.url)).to.contain('flowplane_metrics_losses_total{');
    const scrapes = await scrapesWhileBlocked(counting);
    for (const { body } of scrapes) {
      expect(body).to.contain('flowplane_metrics_losses_total{').and.not.contain('nodejs_heap_size_used_bytes');
    }
    expect(sampleIn(scrapes.at(-1)?.body ?? '', incomplete)).to.be.at.least(scrapes.length);
  });

  it('leaves out what the main thread computes while that is blocked, counts it, and has it again afterwards', async () => {
    const recorder = new PrometheusRecorder();
    let computations = 0;
    recorder.gauge(defineGauge({ name: 'rooms', help: 'Rooms' })).collect(() => {
      computations++;
      return 3;
    });
    const { url } = await served.serve(recorder, { processMetrics: true });
    expect(await askCompletely(url)).to.contain('\nrooms 3\n');
    const scrapes = await scrapesWhileBlocked({ url });
    const last = scrapes.at(-1)?.body ?? '';
    expect(last)
      .to.match(/^process_resident_memory_bytes \d/m)
      .and.not.match(/^(rooms|nodejs_heap_size_used_bytes)/m);
    expect(sampleIn(last, incomplete)).to.be.at.least(scrapes.length);
    const before = computations;
    expect(await askCompletely(url)).to.contain('\nrooms 3\n');
    // Those that nobody waited for any more have not been answered since.
    expect(computations - before).to.be.below(scrapes.length);
  });

  it('exposes what a server without a thread exposes, in the same order', async () => {
    const registryOf = (): PrometheusRecorder => {
      const recorder = new PrometheusRecorder({ constantLabels: { service: 'mail' }, prefix: 'app_' });
      recorder
        .counter(defineCounter({ name: 'visits_total', help: 'Visits', labels: { page: {} } }))
        .inc({ page: 'a"b' });
      recorder.gauge(defineGauge({ name: 'depth', help: 'Depth' })).set({}, -0);
      recorder.histogram(defineHistogram({ name: 'size', help: 'Size', buckets: [1, 2] })).observe({}, 1.5);
      recorder
        .gauge(defineGauge({ name: 'rooms', help: 'Rooms', labels: { floor: {} } }))
        .collect(() => [{ labels: { floor: '1' }, value: 2 }]);
      return recorder;
    };
    const options: MetricsServerOptions = { endpointMetrics: false, processMetrics: true };
    const inProcess = new Served();
    try {
      const both = [await served.serve(registryOf(), options), await inProcess.serve(registryOf(), options)];
      for (const accept of ['text/plain', 'application/openmetrics-text']) {
        const complete = both.map(({ url }) => askCompletely(url, { headers: { accept } }));
        const [inThread, without] = (await Promise.all(complete)).map(withoutProcessValues);
        expect(inThread).to.deep.equal(without);
      }
    } finally {
      await inProcess.close();
    }
  });

  it('starts the thread again at the same address where something throws in it, says so once, and counts it', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    const advice: Advice[] = [];
    try {
      const { url } = await served.listen({ onAdvice: (one) => advice.push(one) });
      for (const times of [1, 2]) {
        await faults.run("setImmediate(() => { throw new Error('thrown by the spec'); })");
        await until(async () => sampleIn((await ask(url).catch(() => ({ body: '' }))).body, restarts) === times);
      }
      expect((await ask(url)).body).to.contain(exposed);
      expect(advice.map(({ code }) => code)).to.deep.equal(['thread']);
      expect(advice[0]?.message).to.contain('has ended, and is started again (given "thrown by the spec")');
    } finally {
      faults.stop();
    }
  });

  it('leaves nothing behind after ten starts', () => {
    const node = ['--expose-gc', '--input-type=module', '-e', tenStarts];
    const { open, grown } = JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
    expect(open).to.deep.equal([]);
    expect(grown).to.be.below(2_000_000);
  });

  it('closes while its thread is being started again', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    try {
      const advice: Advice[] = [];
      const { url, server } = await served.listen({ onAdvice: (one) => advice.push(one) });
      await faults.exit();
      await until(() => advice.length > 0);
      await server.close();
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
      const again = await server.listen();
      expect((await ask(again.url)).status).to.equal(200);
    } finally {
      faults.stop();
    }
  });

  it('lets its thread end by itself when it closes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metrics-thread-'));
    const faults = new ThreadFaults();
    await faults.start();
    try {
      const mark = join(folder, 'ended');
      const { server } = await served.listen();
      await faults.run(`process.once('exit', () => require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''))`);
      await server.close();
      expect(existsSync(mark)).to.equal(true);
    } finally {
      faults.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('goes on draining in the thread that is started again', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    try {
      const advice: Advice[] = [];
      const { url, origin, server } = await served.listen({ onAdvice: (one) => advice.push(one) });
      const drained = server.drain(30);
      await faults.exit();
      const readiness = () => ask(`${origin}/-/ready`).catch(() => ({ status: 0 }));
      await until(() => advice.length > 0);
      await until(async () => (await readiness()).status !== 0);
      expect((await readiness()).status).to.equal(503);
      expect((await ask(url)).body).to.contain(exposed);
      await drained;
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    } finally {
      faults.stop();
    }
  });

  it('asks for the tokens of options that the getters of a class give', async () => {
    class Configuration {
      get bearerTokens(): readonly string[] {
        return [token];
      }
    }
    const server = new MetricsServer(new PrometheusRecorder(), withThread(new Configuration()));
    try {
      const { url } = await server.listen();
      expect((await ask(url)).status).to.equal(401);
      expect((await ask(url, { headers: { authorization: `Bearer ${token}` } })).status).to.equal(200);
    } finally {
      await server.close();
    }
  });

  it('stays as closed as it was where its thread is started again, whatever becomes of options and environment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metrics-thread-'));
    const file = join(folder, 'web.yml');
    writeFileSync(
      file,
      'http_server_config: { headers: { X-Frame-Options: deny } }\nbasic_auth_users: { prom: "$2y$05$abcdefghijklmnopqrstuuW3r5Y2Vb1X0yJb9Yp7mC0mHn0m3m9a2" }\n',
    );
    const faults = new ThreadFaults();
    await faults.start();
    let server: MetricsServer | undefined;
    try {
      process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'] = file;
      const advice: Advice[] = [];
      const options = { bearerTokens: [token], onAdvice: (one: Advice) => advice.push(one) };
      server = new MetricsServer(new PrometheusRecorder(), withThread(options));
      const { url } = await server.listen();
      expect((await ask(url)).status).to.equal(401);
      delete process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'];
      options.bearerTokens = [];
      await faults.exit();
      await until(async () => (await statusOf(url)) === 401);
      writeFileSync(file, '');
      await faults.exit();
      await until(() => advice.some(({ message }) => message.includes('cannot be started again')));
      expect(advice.at(-1)?.message).to.contain('section "basic_auth_users" cannot be removed');
      expect(await statusOf(url)).to.equal(0);
    } finally {
      delete process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'];
      await server?.close();
      faults.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('gives the errors that a server without a thread gives', async () => {
    const first = await served.listen();
    const server = new ThreadServer(new PrometheusRecorder(), { port: first.port });
    const error = await server.listen().catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'listen_failed');
    expect(error).to.have.property('message').that.contains('is taken (EADDRINUSE)');
    const file = { webConfigFile: '/nonexistent/web.yml' };
    const unread = await new ThreadServer(new PrometheusRecorder(), { port: 0, ...file }).listen().catch((one) => one);
    expect(unread).to.have.property('code', 'unreadable_file');
  });

  it('gives its advice on the main thread', async () => {
    const advice: Advice[] = [];
    await served.listen({ host: '0.0.0.0', onAdvice: (one) => advice.push(one) });
    await until(() => advice.length > 0);
    expect(advice.map(({ code }) => code)).to.deep.equal(['open_server']);
  });

  it('refuses what cannot run in a thread, and values that mean nothing', () => {
    const format: ExpositionFormat = { name: 'own', mediaType: 'application/x-own', render: () => [] };
    const recorder = new PrometheusRecorder({ formats: [format] });
    expect(() => new ThreadServer(recorder)).to.throw(
      '"thread" must be false where the recorder has formats of its own',
    );
    for (const thread of ['yes', 1, {}, { maxHeapMegabytes: 0 }]) {
      expect(() => new MetricsServer(new PrometheusRecorder(), { thread: thread as never })).to.throw(
        '"thread" must be true, false or { maxHeapMegabytes }',
      );
    }
  });

  it('serves by one call too', async () => {
    const { url, close } = await serveMetrics({ port: 0, thread: true, processMetrics: false });
    expect((await ask(url)).body).to.contain(`\n${restarts} 0\n`);
    await close();
    expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
  });
});

const token = '0123456789abcdef0123456789abcdef0123456789ab';

/** Lets options that must not be copied start a thread at any port. */
const withThread = (options: object): MetricsServerOptions =>
  Object.defineProperties(options, { thread: { value: true }, port: { value: 0 }, processMetrics: { value: false } });

/** The status of an answer; 0 where there is none. */
const statusOf = (url: string): Promise<number> =>
  ask(url).then(
    ({ status }) => status,
    () => 0,
  );

/** A scrape that has what the main thread computes: on a busy machine, that thread may be blocked by the specs. */
async function askCompletely(url: string, question: Question = {}): Promise<string> {
  let body = '';
  await until(async () => {
    ({ body } = await ask(url, question));
    return body.includes('nodejs_heap_size_used_bytes');
  });
  return body;
}

/**
 * An exposition without the values of the metrics of the process, which change by themselves.
 *
 * Why without samples of the delay of the event loop: they are left out where it was not measured since the last scrape.
 */
function withoutProcessValues(body: string): string[] {
  return body
    .split('\n')
    .filter((line) => !/^(# \w+ )?(nodejs_(gc|active)|flowplane_metrics_event_loop_)/.test(line))
    .filter((line) => !/^nodejs_eventloop_lag_(min|max|mean|stddev|p\d+)_/.test(line))
    .map((line) => (/^(process|nodejs)_/.test(line) ? line.replace(/ \S+$/, '') : line));
}
