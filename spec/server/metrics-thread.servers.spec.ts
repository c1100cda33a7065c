import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { type Advice, defineCounter, type Family, PrometheusRecorder } from '../../lib/index.js';
import { MetricsServer } from '../../lib/server/index.js';
import { freePort } from '../free-port.js';
import { Program } from '../processes/program.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { withSeries } from './served.js';
import { ThreadFaults } from './thread-faults.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** What a program prints that is run as an ES module, with these options of Node. */
async function outputOf(program: string, options: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const given = [...options, '--input-type=module', '-e', program];
  return run(process.execPath, given, { cwd: root, env: { ...process.env, ...env } });
}

/** Changes into a folder that is deleted then, as a deployment may delete that of the version before. */
const enterDeletedFolder = `
  {
    const { mkdtempSync, rmdirSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    process.chdir(mkdtempSync(tmpdir() + '/deleted-'));
    rmdirSync(process.cwd());
  }`;

/** Scrapes every ten milliseconds, or as soon as the answer before is there, until it is told to stop; gives the numbers. */
const scrapeEachTenMilliseconds = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { setTimeout: wait } = require('node:timers/promises');
  const answered = new Int32Array(workerData.answered);
  const read = async () => {
    const number = Number(/^jobs_total (.*)$/m.exec(await (await fetch(workerData.url)).text())?.[1]);
    Atomics.add(answered, 0, 1);
    return number;
  };
  let isOver = false;
  parentPort.once('message', () => { isOver = true; });
  (async () => {
    const numbers = [await read()];
    parentPort.postMessage('has begun');
    for (let next = performance.now(); !isOver; next = Math.max(next + 10, performance.now())) {
      await wait(next - performance.now());
      numbers.push(await read());
    }
    parentPort.postMessage([...numbers, await read()]);
  })();`;

const restarts = 'flowplane_metrics_thread_restarts_total';

describe('A process with a metrics server in a thread', function () {
  this.timeout(120_000);

  it('closes although its thread never turns again', async () => {
    const faults = new ThreadFaults();
    await faults.start();
    const server = new MetricsServer(new PrometheusRecorder(), { port: 0, thread: true, closeTimeoutSeconds: 0.1 });
    try {
      const { url } = await server.listen();
      void faults.run('for (;;);').catch(() => undefined);
      const isAnswered = () => fetch(url, { signal: AbortSignal.timeout(500) }).catch(() => undefined);
      await until(async () => (await isAnswered()) === undefined);
      await server.close();
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    } finally {
      faults.stop();
    }
  });

  const program = (options: string, more = ''): string => `
    import { serveMetrics } from 'flowplane-metrics/serve';
    const { url } = await serveMetrics({ port: 0, thread: true, ${options} });
    ${more}
    const answer = await fetch(url);
    console.log(answer.status, /^${restarts} 0$/m.test(await answer.text()));`;

  it('lets the process end', async () => {
    expect((await outputOf(program(''))).stdout).to.equal('200 true\n');
  });

  it('serves in the process, and says so, where Node may start no thread', async () => {
    const permission = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const flags = [permission, '--allow-fs-read=*', '--no-warnings=ExperimentalWarning'];
    const { stdout, stderr } = await outputOf(
      program('onAdvice: ({ code, message }) => console.log(code, message)'),
      flags,
    );
    expect(stdout)
      .to.match(/^thread MetricsServer: the server runs in the process itself, and not in a thread \(given /)
      .and.match(/\n200 false\n$/);
    expect(stderr).to.not.contain('FlowplaneMetricsWarning');
  });

  it('serves in the process, and says what to do, where the working directory has been deleted', async () => {
    const { stdout } = await outputOf(`
      ${enterDeletedFolder}
      ${program('onAdvice: ({ message }) => console.log(message)')}`);
    expect(stdout).to.match(
      /uv_cwd"\)\. Start the process in a folder that stays, or let it change into one with process\.chdir\(\),/,
    );
    expect(stdout).to.match(/\n200 false\n$/);
  });

  it('starts the thread again once the process has left a working directory that was deleted', async () => {
    const { stdout } = await outputOf(`
      import { Session } from 'node:inspector/promises';
      import { setTimeout as wait } from 'node:timers/promises';
      import { serveMetrics } from 'flowplane-metrics/serve';
      const session = new Session();
      session.connect();
      const attached = new Promise((done) => session.on('NodeWorker.attachedToWorker', ({ params }) => done(params)));
      await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
      const advice = [];
      const onAdvice = ({ message }) => advice.push(message);
      const { url } = await serveMetrics({ port: 0, thread: true, keepAlive: true, onAdvice });
      ${enterDeletedFolder}
      const { sessionId } = await attached;
      const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'process.exit(3)' } });
      await session.post('NodeWorker.sendMessageToWorker', { message, sessionId });
      while (!advice.some((one) => one.includes('cannot be started again yet'))) await wait(10);
      console.log(advice.at(-1));
      process.chdir('/');
      let answer;
      while (answer?.status !== 200) answer = await fetch(url).catch(() => wait(50));
      console.log(answer.status);
      process.exit();`);
    expect(stdout).to.match(
      /uv_cwd"\)\. It is tried again every half minute at least\. Start the process in a folder that stays/,
    );
    expect(stdout).to.match(/\n200\n$/);
  });

  it('runs what the process preloads only once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'preloaded-'));
    try {
      const file = join(folder, 'preloaded.cjs');
      writeFileSync(file, "console.log('preloaded');");
      for (const [options, env] of [
        [['--require', file], {}],
        [[], { NODE_OPTIONS: `--require ${file}` }],
      ] as const) {
        const { stdout } = await outputOf(program(''), options, env);
        expect(stdout).to.equal('preloaded\n200 true\n');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('runs in the process in a worker of a cluster whose port it has to share', async () => {
    const program = new Program(
      {
        'program.mjs': `
        import cluster from 'node:cluster';
        import { PrometheusRecorder } from 'flowplane-metrics';
        import { MetricsServer } from 'flowplane-metrics/serve';
        const write = (value) => console.log(JSON.stringify(value));
        if (cluster.isPrimary) cluster.fork().once('exit', () => process.exit());
        else {
          const server = new MetricsServer(new PrometheusRecorder(), { thread: true, onAdvice: write });
          const { url } = await server.listen();
          write((await fetch(url)).status);
          await server.close();
          process.exit();
        }`,
      },
      { FLOWPLANE_METRICS_PORT: String(await freePort()) },
    );
    try {
      const { code, message } = await program.next<Advice>();
      expect(code).to.equal('thread');
      expect(message).to.contain('(given a worker of a cluster, whose port a thread cannot share)');
      expect(await program.next()).to.equal(200);
    } finally {
      await program.stop();
    }
  });

  it('ends the thread alone where that runs out of memory', async () => {
    const advice: Advice[] = [];
    const onAdvice = (one: Advice): unknown => advice.push(one);
    const server = new MetricsServer(withSeries(100_000, 'x'.repeat(200)), {
      port: 0,
      processMetrics: false,
      thread: { maxHeapMegabytes: 24 },
      onAdvice,
    });
    try {
      const { url } = await server.listen();
      const asked = ask(url).then(
        () => 'answered',
        ({ code }) => code,
      );
      await until(() => advice.length > 0);
      // Why two: on a busy machine the thread may have read all series before the question comes.
      expect(await asked).to.be.oneOf(['ECONNRESET', 'ECONNREFUSED']);
      expect(advice[0]).to.deep.include({ code: 'thread' });
      expect(advice[0]?.message).to.match(/memory limit.*Raise thread\.maxHeapMegabytes/);
      await until(
        async () => (await ask(url.replace('/metrics', '/-/healthy')).catch(() => undefined))?.status === 200,
      );
    } finally {
      await server.close();
    }
  });

  it('serves in the process, and says what to do, where the heap of the thread is too small to start', async () => {
    const advice: Advice[] = [];
    const onAdvice = (one: Advice): unknown => advice.push(one);
    const options = { port: 0, processMetrics: false, thread: { maxHeapMegabytes: 1 }, onAdvice };
    const server = new MetricsServer(new PrometheusRecorder(), options);
    try {
      const { url } = await server.listen();
      expect((await ask(url)).status).to.equal(200);
      expect(advice.map(({ message }) => message).join()).to.match(
        /runs in the process itself.*memory limit.*Raise thread\.maxHeapMegabytes, .*, or leave out "thread"\.$/,
      );
    } finally {
      await server.close();
    }
  });

  it('finds every one of 100,000,000 increments or more, which 100 scrapes a second over HTTP read meanwhile', async () => {
    const recorder = new PrometheusRecorder();
    const family = recorder.open(defineCounter({ name: 'jobs_total', help: 'Jobs' }) as Family);
    const series = family.getOrCreate([], true) as number;
    const server = new MetricsServer(recorder, { port: 0, processMetrics: false, thread: true });
    try {
      const { url } = await server.listen();
      const answered = new Int32Array(new SharedArrayBuffer(4));
      const workerData = { url, answered: answered.buffer };
      const scraper = new Worker(scrapeEachTenMilliseconds, { eval: true, workerData });
      await once(scraper, 'message');
      let counted = 0;
      for (; counted < 100_000_000 || Atomics.load(answered, 0) < 20; counted++) family.add(series, 1);
      scraper.postMessage('stop');
      const [numbers] = (await once(scraper, 'message')) as [number[]];
      expect(numbers.at(-1)).to.equal(counted);
      expect(numbers).to.deep.equal([...numbers].sort((a, b) => a - b));
      expect(new Set(numbers).size).to.be.above(10);
    } finally {
      await server.close();
    }
  });
});
