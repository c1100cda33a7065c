import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { answers, FaultyReceiver } from '../sending/faulty-receiver.js';
import { until } from '../until.js';
import { readOtlp } from './read-otlp.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What each program has: a counter, and an exporter that is started. */
const setUp = `
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { OtlpExporter } from 'flowplane-metrics/otlp';
  const recorder = new PrometheusRecorder();
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' }));
  const exporter = new OtlpExporter(recorder, { onAdvice: () => undefined, ...OPTIONS });
  jobs.inc({}, 7);
`;

/** How a process has ended, and what it has written to its standard error. */
interface Ended {
  readonly ending: number | string | null;
  readonly errors: string;
}

describe('A job that lives too short to be scraped', () => {
  const receiver = new FaultyReceiver();
  const running: ChildProcess[] = [];

  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(() => receiver.reset());
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  const start = (program: string, options = '{}', variables: NodeJS.ProcessEnv = {}): ChildProcess => {
    const script = setUp.replace('OPTIONS', options) + program;
    const env = { ...process.env, NODE_NO_WARNINGS: '1', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...variables };
    const node = ['--input-type=module', '-e', script];
    const child = spawn(process.execPath, node, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    return child;
  };

  const ended = async (child: ChildProcess): Promise<Ended> => {
    const errors = text(child.stderr as NonNullable<ChildProcess['stderr']>);
    const [code, signal] = await once(child, 'exit');
    return { ending: code ?? signal, errors: await errors };
  };

  /** The totals that the receiver has got, one for each request. */
  const totals = (): (number | undefined)[] =>
    receiver.received.map((one) => readOtlp(one).metrics.find(({ name }) => name === 'jobs')?.points[0]?.asDouble);

  it('delivers its numbers where it has nothing left to do', async () => {
    expect((await ended(start('exporter.start();'))).ending).to.equal(0);
    expect(totals()).to.deep.equal([7]);
  });

  it('delivers its numbers at the end of the block of `await using`, within 50 ms of work', async () => {
    const program = `
      async function run() {
        await using job = exporter.start();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await run();
      process.exit(3);`;
    const { outputText } = ts.transpileModule(program, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
    expect((await ended(start(outputText))).ending).to.equal(3);
    expect(totals()).to.deep.equal([7]);
  });

  it('delivers its numbers where nobody reads what it prints', async () => {
    const child = start('exporter.start();');
    child.stderr?.destroy();
    const [code] = await once(child, 'exit');
    expect([code, totals()]).to.deep.equal([0, [7]]);
  });

  it('keeps the code with which it ends by itself', async () => {
    expect((await ended(start('exporter.start(); process.exitCode = 4;'))).ending).to.equal(4);
    expect(totals()).to.deep.equal([7]);
  });

  it('delivers nothing after process.exit() or SIGKILL, which wait for nothing', async () => {
    expect((await ended(start('exporter.start(); process.exit(6);'))).ending).to.equal(6);
    const killed = `exporter.start(); process.kill(process.pid, 'SIGKILL');`;
    expect((await ended(start(killed))).ending).to.equal('SIGKILL');
    expect(totals()).to.deep.equal([]);
  });

  it('has another service.instance.id in each process', async () => {
    // Why both at once: the second one may end before the first.
    await Promise.all([start('exporter.start();'), start('exporter.start();')].map(ended));
    const ids = receiver.received.map((one) => readOtlp(one).resource['service.instance.id']);
    expect([ids.length, new Set(ids).size]).to.deep.equal([2, 2]);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`delivers its numbers and ends by ${signal}`, async () => {
      const child = start(`exporter.start(); setInterval(() => undefined, 1000); console.log('ready');`);
      const end = ended(child);
      await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
      child.kill(signal);
      expect((await end).ending).to.equal(signal);
      expect(totals()).to.deep.equal([7]);
    });
  }

  for (const [what, failing] of Object.entries({
    'an error that nobody catches': `throw new Error('no disk')`,
    'a rejection that nobody catches': `Promise.reject(new Error('no disk'))`,
  })) {
    it(`delivers its numbers and fails as without us after ${what}`, async () => {
      const child = start(
        `exporter.start(); setInterval(() => undefined, 1000); setTimeout(() => { ${failing}; }, 10);`,
      );
      const { ending, errors } = await ended(child);
      expect(ending).to.equal(1);
      expect(errors).to.contain('Error: no disk');
      expect(totals()).to.deep.equal([7]);
    });
  }

  it('says why its numbers do not arrive before a signal ends it', async () => {
    receiver.reset(answers(400));
    const program = `exporter.start(); setInterval(() => undefined, 1000); process.kill(process.pid, 'SIGTERM');`;
    const { ending, errors } = await ended(start(program, '{ onAdvice: undefined }', { NODE_NO_WARNINGS: '0' }));
    expect(ending).to.equal('SIGTERM');
    expect(errors).to.contain('metrics do not all reach').and.to.contain('given status 400');
  });

  it('delivers the numbers of every exporter after an error that nobody catches', async () => {
    const program = `
      const other = new OtlpExporter(recorder, { onAdvice: () => undefined, announce: false }).start();
      exporter.start();
      setTimeout(() => { throw new Error('no disk'); }, 10);
      setTimeout(() => { throw new Error('a later one'); }, 20);`;
    const { ending, errors } = await ended(start(program));
    expect(ending).to.equal(1);
    expect(errors).to.contain('Error: no disk').and.not.contain('a later one');
    expect(totals()).to.deep.equal([7, 7]);
  });

  for (const method of ['on', 'once']) {
    it(`leaves an uncaught error to an application that handles it by ${method}, before and after us`, async () => {
      const handle = `process.${method}('uncaughtException', () => { process.exitCode = 5; });`;
      for (const program of [`${handle} exporter.start();`, `exporter.start(); ${handle}`]) {
        receiver.reset();
        const child = start(`${program} setTimeout(() => { throw new Error('no disk'); }, 10);`);
        expect((await ended(child)).ending).to.equal(5);
        expect(totals()).to.deep.equal([7]);
      }
    });
  }

  const endings: Readonly<Record<string, { readonly end: string; readonly ending: number | string }>> = {
    'by itself': { end: '', ending: 0 },
    'at the end of the block of `await using`': { end: 'await exporter[Symbol.asyncDispose]();', ending: 0 },
    'by SIGTERM': {
      end: `process.kill(process.pid, 'SIGTERM'); setInterval(() => undefined, 1000);`,
      ending: 'SIGTERM',
    },
    'by an error that nobody catches': {
      end: `setInterval(() => undefined, 1000); throw new Error('no disk');`,
      ending: 1,
    },
  };
  for (const [what, { url, seconds }] of Object.entries({
    hangs: { url: undefined, seconds: 0.3 },
    'hangs, by default': { url: undefined, seconds: undefined },
    'is absent': { url: 'http://127.0.0.1:1', seconds: 0.3 },
  })) {
    for (const [how, { end, ending }] of Object.entries(endings)) {
      it(`ends ${how} within the limit where the receiver ${what}`, async () => {
        receiver.reset(() => undefined);
        const options = JSON.stringify({ shutdownTimeoutSeconds: seconds, endpoint: url });
        const limitMs = (seconds ?? 2) * 1000;
        // Why one timer after the other, and by the process itself: so it is not late because the machine is busy. Why half a
        // second: what ends a process takes some turns of its event loop, and a tenth of a second after a signal.
        const program = `
          import { writeSync } from 'node:fs';
          const whenLate = () => writeSync(1, 'late');
          exporter.start();
          setTimeout(() => setTimeout(whenLate, 500).unref(), ${limitMs}).unref();
          ${end}`;
        const child = start(program, options);
        const said = text(child.stdout as NonNullable<ChildProcess['stdout']>);
        expect((await ended(child)).ending).to.equal(ending);
        expect(await said).to.equal('');
      });
    }
  }

  it('ends in spite of an exporter that is not started, nor by its connection', async () => {
    expect((await ended(start('await exporter.flush();'))).ending).to.equal(0);
    expect(totals()).to.deep.equal([7]);
  });

  it('prints where its numbers go, without credentials', async () => {
    const { errors } = await ended(start('exporter.start();', `{ headers: { Authorization: 'Bearer s3cret' } }`));
    expect(errors).to.equal(`flowplane-metrics: metrics go to ${receiver.url}/v1/metrics every 60 s (OTLP)\n`);
  });

  it('sends nothing where OTEL_SDK_DISABLED is true', async () => {
    const child = start('exporter.start(); await exporter.flush();', '{}', { OTEL_SDK_DISABLED: 'true' });
    expect(await ended(child)).to.deep.equal({ ending: 0, errors: '' });
    expect(receiver.received).to.have.length(0);
  });

  it('counts nothing twice as a function that is frozen between two calls, and in the midst of an export', async function () {
    if (process.platform === 'win32') this.skip();
    const program = `
      process.on('SIGUSR2', async () => { jobs.inc({}, 1); console.log((await exporter.flush()).result); });
      console.log((await exporter.flush()).result);
      setInterval(() => undefined, 1000);`;
    const child = start(program, `{ temporality: 'delta', timeoutSeconds: 5 }`);
    const said: string[] = [];
    child.stdout?.on('data', (data) => said.push(...String(data).trim().split('\n')));
    await until(() => said.length === 1);
    child.kill('SIGSTOP');
    child.kill('SIGCONT');
    let frozen = false;
    receiver.reset((response) => {
      // The request has been taken, and its answer is on its way, while the function sleeps.
      frozen = child.kill('SIGSTOP');
      response.end();
    }, answers(200));
    child.kill('SIGUSR2');
    await until(() => frozen);
    child.kill('SIGCONT');
    await until(() => said.length === 2);
    child.kill('SIGUSR2');
    await until(() => said.length === 3);
    expect(said).to.deep.equal(['success', 'success', 'success']);
    expect(totals()).to.deep.equal([1, 1]);
  });
});
