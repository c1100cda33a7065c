import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Counter, instrumentFunction, PrometheusRecorder } from '../../lib/index.js';
import { serveMetrics } from '../../lib/serving/index.js';
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
  it('records what nothing else is wired for, and serves it', async () => {
    const { url, close } = await serveMetrics({ port: 0 });
    const { call, name } = counted();
    call();
    const { body } = await ask(url);
    await close();
    expect(body)
      .to.contain(`${name} 1\n`)
      .and.match(/^process_cpu_user_seconds_total /m);
  });

  it('takes a recorder, and every option of a server', async () => {
    const recorder = new PrometheusRecorder({ constantLabels: { service: 'mail' } });
    const served = await serveMetrics({ recorder, port: 0, bearerTokens: ['0123456789abcdef'] });
    expect(served.recorder).to.equal(recorder);
    expect((await ask(served.url)).status).to.equal(401);
    await served.close();
  });

  it('leaves nothing behind when it is closed, twice too', async () => {
    const { url, recorder, close } = await serveMetrics({ port: 0 });
    await close();
    await close();
    const { call, name } = counted();
    call();
    expect((await recorder.snapshot()).map((family) => family.name)).not.to.include(name);
    expect(await ask(url).catch((error) => error)).to.have.property('code', 'ECONNREFUSED');
  });

  it('changes no default recorder where it cannot listen', async () => {
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

describe('samples/hello.mjs', () => {
  it('counts where nothing but the package is installed', async () => {
    // Why a folder of its own: neither Koa nor prom-client can be found from there.
    const folder = mkdtempSync(join(tmpdir(), 'hello-'));
    mkdirSync(join(folder, 'node_modules/flowplane-metrics/dist'), { recursive: true });
    for (const part of ['package.json', 'dist/lib']) {
      symlinkSync(join(root, part), join(folder, 'node_modules/flowplane-metrics', part));
    }
    symlinkSync(join(root, 'samples/hello.mjs'), join(folder, 'hello.mjs'));
    const links = ['--preserve-symlinks', '--preserve-symlinks-main'];
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
      rmSync(folder, { recursive: true });
    }
  });
});
