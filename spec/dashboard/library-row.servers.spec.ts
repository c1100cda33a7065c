import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../needs.js';
import { Program } from '../processes/program.js';
import { PrometheusServer } from '../prometheus-server.js';
import { FaultyReceiver } from '../sending/faulty-receiver.js';
import { until } from '../until.js';
import { fillVariables, listRows, partsOfLibrary, readDashboard } from './read-dashboard.js';
import { shop } from './shop.js';

/** Serves from a thread, exports over OTLP, and has a method that blocks the event loop most of the time. */
const blocking = `
  import { Counter, instrumentFunction } from 'flowplane-metrics';
  import { serveMetrics } from 'flowplane-metrics/serve';

  const otlp = { endpoint: process.env.RECEIVER, intervalSeconds: 1, announce: false };
  const { url } = await serveMetrics({ thread: true, port: 0, keepAlive: true, otlp });
  const still = new Int32Array(new SharedArrayBuffer(4));
  const sort = instrumentFunction(function sort() { Atomics.wait(still, 0, 0, 1500); }, Counter({ name: 'sorts_total', help: 'Sorts' }));
  setInterval(sort, 1700);
  console.log(JSON.stringify(url));
`;

/** Serves the metrics of a thread, too. */
const merging = `
  import { isMainThread, Worker } from 'node:worker_threads';
  import { Counter, instrumentFunction } from 'flowplane-metrics';
  import { serveMetrics } from 'flowplane-metrics/serve';

  const place = instrumentFunction(function place() {}, Counter({ name: 'orders_total', help: 'Orders' }));
  const { url } = await serveMetrics({ cluster: true, port: 0, keepAlive: true });
  if (isMainThread) {
    globalThis.kept = [new Worker(new URL(import.meta.url)), place];
    console.log(JSON.stringify(url));
  } else {
    setInterval(place, 50);
  }
`;

/** How many panels there are about each part of the library. */
const panelsOf: Readonly<Record<keyof typeof partsOfLibrary, number>> = {
  'exports over OTLP': 5,
  'a metrics thread and the event loop that it watches': 4,
  'processes and threads whose metrics are merged': 3,
};

describe('The row of the library in a dashboard', function () {
  this.timeout(120_000);
  const receiver = new FaultyReceiver();
  const running: Program[] = [];
  /** What Prometheus scrapes. */
  let targets: string;

  before(async () => {
    await receiver.start();
    running.push(new Program({ 'blocking.mjs': blocking }, { RECEIVER: receiver.url }));
    running.push(new Program({ 'merging.mjs': merging }));
    const urls = await Promise.all(running.map((one) => one.next<string>()));
    targets = urls.map((url) => `'${new URL(url).host}'`).join();
  });

  after(async () => {
    for (const one of running) await one.stop();
    await receiver.stop();
  });

  for (const command of ['prometheus', 'prometheus-3']) {
    describe(`asked of a real ${command}`, () => {
      let prometheus: PrometheusServer;

      before(async function () {
        needs(this, command);
        prometheus = await PrometheusServer.startIn(
          mkdtempSync(join(tmpdir(), 'prometheus-')),
          `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [{ job_name: shop, static_configs: [{ targets: [${targets}] }] }]\n`,
          command,
        );
      });

      after(() => prometheus?.stop());

      for (const [what, isAbout] of Object.entries(partsOfLibrary)) {
        it(`answers each expression about ${what}`, async () => {
          const rows = listRows(await readDashboard(shop()));
          const all = rows.get('Metrics library') ?? [];
          const about = all.filter(({ description = '' }) => isAbout.test(description));
          expect(about).to.have.length(panelsOf[what as keyof typeof partsOfLibrary]);
          for (const { targets } of about) {
            for (const { expr } of targets) {
              await until(async () => (await prometheus.query(fillVariables(expr))).length > 0);
            }
          }
        });
      }
    });
  }
});
