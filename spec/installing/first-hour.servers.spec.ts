import { type ChildProcess, exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { documentAt, root } from '../documents/documents.js';
import { freePort } from '../free-port.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { launchChromium } from '../server/chromium.js';
import { until } from '../until.js';

const run = promisify(exec);
const guide = documentAt('docs/guides/first-hour.md');

/** The commands of the guide, each as a reader types it. */
const commands = guide.prose.filter((line) => /^ {4}\S/.test(line)).map((line) => line.trim());

/** A file that the guide shows. */
function fileOf(name: string): string {
  const fence = guide.fences.find(({ file }) => file === name);
  if (fence === undefined) throw new Error(`the guide has no file ${name}`);
  return fence.text;
}

describe('The first hour, as its guide tells it', function () {
  this.timeout(240_000);
  let folder: string;
  let port: number;
  let shop: ChildProcess | undefined;
  let prometheus: PrometheusServer | undefined;
  let browser: Browser | undefined;
  const typed = new Set<string>();

  before(async function () {
    needs(this, 'prometheus');
    needs(this, 'promtool');
    needs(this, 'chromium');
    folder = mkdtempSync(join(tmpdir(), 'first-hour-'));
    port = await freePort();
    const { stdout } = await run(`npm pack --json --ignore-scripts --pack-destination "${folder}"`, { cwd: root });
    const tarball = join(folder, JSON.parse(stdout)[0].filename);
    for (const file of ['orders.ts', 'shop.ts']) writeFileSync(join(folder, file), fileOf(file));
    for (const command of commands.slice(0, commands.indexOf('npx tsc') + 1)) {
      await type(command, command.replace(/(?<=^npm install )flowplane-metrics\b/, `"${tarball}"`));
    }
  });

  after(async () => {
    await browser?.close();
    await stopShop();
    await prometheus?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Types a command of the guide, with what differs in a spec: ports, and where the package comes from. */
  async function type(command: string, inSpec = command): Promise<string> {
    expect(commands).to.include(command);
    typed.add(command);
    const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_ignore_scripts: 'true' };
    return (await run(inSpec, { cwd: folder, env })).stdout;
  }

  async function startShop(command: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
    expect(commands).to.include(command);
    typed.add(command);
    const env = { ...process.env, ...environment, FLOWPLANE_METRICS_PORT: String(port) };
    shop = spawn(process.execPath, ['shop.js'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: shop.stdout as NodeJS.ReadableStream }), 'line');
    return line;
  }

  async function stopShop(): Promise<void> {
    if (shop === undefined) return;
    const ended = once(shop, 'exit');
    shop.kill('SIGINT');
    await ended;
    shop = undefined;
  }

  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();

  /** Opens the page in a browser, as a reader does. */
  async function openPage(): Promise<Page> {
    browser ??= await launchChromium();
    const opened = await browser.newPage();
    await opened.goto(`http://127.0.0.1:${port}/`);
    return opened;
  }

  /** What a part of a family says on the page. */
  const read = (opened: Page, family: string, part: string): Promise<string> =>
    opened.$$eval(`details[data-family="${family}"] ${part}`, (found) => found.map((one) => one.textContent).join('|'));

  /** Chooses from the list of a family that has this name. */
  const choose = (opened: Page, family: string, list: string, value: string): Promise<unknown> =>
    opened.evaluate(`{
      const labels = [...document.querySelectorAll('details[data-family="${family}"] .controls label')];
      const select = labels.find((one) => one.querySelector('span').textContent === '${list}').querySelector('select');
      select.value = '${value}';
      select.dispatchEvent(new Event('change'));
    }`);

  it('starts a shop whose page has both metrics, with the method that feeds them', async () => {
    expect(await startShop('node shop.js')).to.equal(`Open http://127.0.0.1:${port}/`);
    // Why this one: a family has its objective on the page from its first number on.
    await until(async () => (await page()).includes('99 % over 30 days: without outcome error'));
    const html = await page();
    expect(html).to.contain('order_duration_seconds').and.contain('OrderService.place');
  });

  it('draws both metrics with units, by what the guide chooses', async () => {
    const opened = await openPage();
    const seconds = 'order_duration_seconds';
    const numbers = (family: string): Promise<string> => read(opened, family, '.values tbody tr > *');
    await until(async () => /p99\|[\d.]+ ms/.test(await numbers(seconds)));
    for (const [view, numbered] of [
      ['Heat map', /[\d.]+ m?s to [\d.]+ m?s\|[1-9]/],
      ['Rate', /all\|[\d.]+\/s/],
      ['Average', /all\|[\d.]+ ms/],
    ] as const) {
      await choose(opened, seconds, 'View', view);
      await until(async () => numbered.test(await numbers(seconds)));
    }
    await until(async () => /channel=web[^|]*\|[\d.]+\/s/.test(await numbers('orders_total')));
    await choose(opened, 'orders_total', 'channel', '=app');
    await until(async () => /^outcome=success\|[\d.]+\/s/.test(await numbers('orders_total')));
    expect(await opened.$$eval('canvas', (found) => found.length)).to.equal(2);
    await opened.close();
  });

  it('has a doctor who finds nothing wrong', async () => {
    const url = `--metrics http://127.0.0.1:${port}/metrics`;
    expect(await type('npx flowplane-metrics doctor', `npx flowplane-metrics doctor ${url}`)).to.contain('ok');
  });

  it('has numbers in Prometheus, with the alerts that are made of the declarations', async () => {
    await type('npx flowplane-metrics rules orders.js --library --out rules.yml');
    expect(await type('promtool check rules rules.yml')).to.contain('SUCCESS');
    typed.add('prometheus --config.file=prometheus.yml --web.listen-address=127.0.0.1:9091');
    const configuration = fileOf('prometheus.yml');
    expect(configuration).to.contain('127.0.0.1:9090').and.contain('15s');
    const home = mkdtempSync(join(tmpdir(), 'first-hour-prometheus-'));
    writeFileSync(join(home, 'rules.yml'), readFileSync(join(folder, 'rules.yml')));
    // Why each second: nobody waits a minute for a spec.
    const faster = configuration.replaceAll('15s', '1s').replace('127.0.0.1:9090', `127.0.0.1:${port}`);
    prometheus = await PrometheusServer.startIn(home, faster);
    const server = prometheus;
    await until(
      async () => ((await server.value('sum by (channel) (rate(orders_total{channel="web"}[1m]))')) ?? 0) > 0,
    );
    const urls = `--metrics http://127.0.0.1:${port}/metrics --prometheus ${server.url}`;
    const command = 'npx flowplane-metrics doctor --prometheus http://127.0.0.1:9091 --job shop';
    expect(await type(command, `npx flowplane-metrics doctor ${urls} --job shop`)).to.contain('Prometheus');
  });

  it('has a dashboard with a row for the class and one for the objective', async () => {
    await type('npm install --save-dev @grafana/grafana-foundation-sdk');
    await type('npx flowplane-metrics dashboard orders.js --title Shop --out shop.json');
    const dashboard = readFileSync(join(folder, 'shop.json'), 'utf8');
    expect(dashboard).to.contain('OrderService').and.contain('job:orders_total:error_budget_remaining');
  });

  it('says on the page how often the budget is spent, and fires the alert, once half of the orders fail', async () => {
    await stopShop();
    await startShop('FAILING=yes node shop.js', { FAILING: 'yes' });
    const opened = await openPage();
    await until(async () =>
      /That is [\d.]+ times the error budget/.test(await read(opened, 'orders_total', '.budget')),
    );
    await opened.close();
    const alert = 'ALERTS{alertname="OrdersTotalErrorBudgetBurnsFast",alertstate="firing"}';
    await until(async () => (await prometheus?.value(alert)) === 1);
  });

  it('needs no command that was not typed here', () => {
    expect(commands.filter((command) => !typed.has(command))).to.deep.equal([]);
  });
});
