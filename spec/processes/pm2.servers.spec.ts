import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { freePort } from '../free-port.js';
import { scrapedFrom, scrapedUntil } from './scraped-until.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

const program = `
  import { createServer } from 'node:http';
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';

  const recorder = new PrometheusRecorder();
  const answered = recorder.counter(defineCounter({ name: 'answered_total', help: 'Answered requests' }));
  const server = new MetricsServer(recorder, { port: Number(process.env.METRICS_PORT), cluster: true, processMetrics: false });
  await server.listen();
  const api = createServer((request, response) => {
    answered.inc();
    response.setHeader('Connection', 'close').end('done');
  }).listen(Number(process.env.API_PORT), '127.0.0.1', () => process.send('ready'));
  process.on('SIGINT', () => api.close(() => process.exit()));
`;

describe('Instances of PM2 with cluster: true', function () {
  this.timeout(240_000);
  let folder: string;
  let pm2: (...given: string[]) => Promise<unknown>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flowplane-pm2-'));
    await run('npm', [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      'pm2@6.0.14',
    ]);
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/flowplane-metrics'), 'dir');
    writeFileSync(join(folder, 'service.mjs'), program);
  });

  after(async () => {
    await pm2?.('kill').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });

  it('count every request once, while they are reloaded again and again', async () => {
    const [port, apiPort] = [await freePort(), await freePort()];
    const environment = {
      ...process.env,
      PM2_HOME: join(folder, 'home'),
      METRICS_PORT: String(port),
      API_PORT: String(apiPort),
    };
    pm2 = (...given) => run(join(folder, 'node_modules/.bin/pm2'), given, { cwd: folder, env: environment });
    await pm2('start', 'service.mjs', '--name', 'service', '-i', '3', '--wait-ready', '--kill-timeout', '10000');
    const url = `http://127.0.0.1:${port}/metrics`;
    await scrapedUntil(url, 'flowplane_metrics_sources 2');

    let asked = 0;
    let answered = 0;
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        asked++;
        // Why with a limit: PM2 may hand a connection to an instance that ends, and nobody ever answers there.
        const signal = AbortSignal.timeout(5000);
        const answer = await fetch(`http://127.0.0.1:${apiPort}/`, { signal })
          .then((response) => response.text())
          .catch(() => undefined);
        if (answer === 'done') answered++;
      }
    })();
    const seen: number[] = [];
    const scraping = (async () => {
      while (!isOver) {
        const sample = (await scrapedFrom(url)).find((one) => one.startsWith('answered_total '));
        if (sample !== undefined) seen.push(Number(sample.split(' ')[1]));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    for (let i = 0; i < 3; i++) await pm2('reload', 'service');
    isOver = true;
    await Promise.all([sending, scraping]);
    expect(answered).to.be.above(100);
    // Why a little later: each instance publishes twice a second.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const samples = await scrapedUntil(url, 'flowplane_metrics_sources 2');
    const counted = Number(samples.find((one) => one.startsWith('answered_total '))?.split(' ')[1]);
    // Why not one number: an answer may get lost after it was counted, where an instance ends.
    expect(counted).to.be.within(answered, asked);
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
  });
});
