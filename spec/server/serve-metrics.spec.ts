import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Counter, instrumentFunction, PrometheusRecorder } from '../../lib/index.js';
import { serveMetrics } from '../../lib/server/index.js';
import { warningsOf } from '../no-warnings.js';
import { until } from '../until.js';
import { ask } from './ask.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let named = 0;

/** A function that counts its calls under a name of its own. */
function counted(): { call: () => void; name: string } {
  const name = `serve_metrics_spec_${named++}_total`;
  return { call: instrumentFunction(() => undefined, Counter({ name, help: 'Calls' })), name };
}

describe('serveMetrics()', () => {
  it('serves what is recorded by code that has no recorder attached', async () => {
    const { url, close } = await serveMetrics({ port: 0 });
    const { call, name } = counted();
    call();
    const { body } = await ask(url);
    await close();
    expect(body)
      .to.contain(`${name} 1\n`)
      .and.match(/^process_cpu_user_seconds_total /m);
  });

  it('accepts a recorder, and every option of a server', async () => {
    const recorder = new PrometheusRecorder({ constantLabels: { service: 'mail' } });
    const served = await serveMetrics({ recorder, port: 0, bearerTokens: ['0123456789abcdef'] });
    expect(served.recorder).to.equal(recorder);
    expect((await ask(served.url)).status).to.equal(401);
    await served.close();
  });

  it("puts the recorder's constant labels on every sample, those of the server and the process included", async () => {
    const recorder = new PrometheusRecorder({ constantLabels: { service: 'mail' } });
    const { url, close } = await serveMetrics({ recorder, port: 0 });
    const { call } = counted();
    call();
    await ask(url);
    const { body } = await ask(url);
    await close();
    const samples = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.filter((line) => !line.includes('service="mail"'))).to.deep.equal([]);
    expect(body).to.match(/^process_cpu_user_seconds_total\{service="mail"\} /m);
    expect(body).to.contain('flowplane_metrics_scrapes_total{code="200",format="text",service="mail"} 1\n');
  });

  it('removes the default recorder and closes the port, also when it is closed twice', async () => {
    const { url, recorder, close } = await serveMetrics({ port: 0 });
    await close();
    await close();
    const { call, name } = counted();
    const warnings = await warningsOf(call);
    expect(warnings.filter(({ message }) => !message.includes('a call was not recorded'))).to.deep.equal([]);
    expect((await recorder.snapshot()).map((family) => family.name)).not.to.include(name);
    expect(await ask(url).catch((error) => error)).to.have.property('code', 'ECONNREFUSED');
  });

  it('leaves the default recorder as it was when it cannot listen', async () => {
    const first = await serveMetrics({ port: 0 });
    const port = Number(new URL(first.url).port);
    const error = await serveMetrics({ port }).catch((reason: unknown) => reason);
    const { call, name } = counted();
    call();
    const { body } = await ask(first.url);
    await first.close();
    expect(error).to.have.property('code', 'listen_failed');
    expect(body).to.contain(`${name} 1\n`);
  });
});

/** A folder from which the package can be found, and no other: neither Koa nor any optional peer. */
function bareFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bare-'));
  mkdirSync(join(folder, 'node_modules/flowplane-metrics/dist'), { recursive: true });
  for (const part of ['package.json', 'dist/node']) {
    symlinkSync(join(root, part), join(folder, 'node_modules/flowplane-metrics', part));
  }
  return folder;
}

const links = ['--preserve-symlinks', '--preserve-symlinks-main'];

describe('An installation without optional peers', () => {
  let folder: string;

  beforeEach(() => {
    folder = bareFolder();
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('runs samples/hello.mjs, which counts', async () => {
    symlinkSync(join(root, 'samples/hello.mjs'), join(folder, 'hello.mjs'));
    const running = spawn(process.execPath, [...links, 'hello.mjs'], {
      cwd: folder,
      env: { ...process.env, FLOWPLANE_METRICS_PORT: '0' },
    });
    try {
      const [line] = await once(createInterface({ input: running.stdout }), 'line');
      const url = /http:\/\/[^,\s]+/.exec(line)?.[0] as string;
      await until(async () => /^greetings_total\{name="(Ada|Grace|Edsger)"\} \d/m.test((await ask(url)).body));
      expect((await ask(url)).body).not.to.contain('process_cpu');
    } finally {
      running.kill('SIGTERM');
      await once(running, 'exit');
    }
  });

  const needed = {
    yaml: "{ webConfigFile: '/dev/null' }",
    '@node-rs/bcrypt': `{ basicAuthUsers: { alice: '$2y$10$${'a'.repeat(53)}' } }`,
  };
  for (const [name, options] of Object.entries(needed)) {
    it(`reports how to install ${name} when an option needs it`, async () => {
      const script = `
        import { serveMetrics } from 'flowplane-metrics/serve';
        await serveMetrics(${options}).catch(({ code, message }) => console.log(code, message));`;
      const given = [...links, '--input-type=module', '-e', script];
      const { stdout } = await promisify(execFile)(process.execPath, given, { cwd: folder });
      expect(stdout).to.contain(`missing_peer MetricsServer: package "${name}" is needed`);
      expect(stdout).to.contain(`Run: npm install ${name}.`);
    });
  }
});
