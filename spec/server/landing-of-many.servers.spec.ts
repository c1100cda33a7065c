import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { needs } from '../needs.js';
import { Program } from '../processes/program.js';
import { until } from '../until.js';
import { launchChromium } from './chromium.js';

/** Starts a thread with each line that it reads; a line `end` ends the last one. */
const program = `
  import { createInterface } from 'node:readline';
  import { isMainThread, Worker } from 'node:worker_threads';
  import { Counter, instrumentFunction } from 'flowplane-metrics';
  import { serveMetrics } from 'flowplane-metrics/serve';

  const place = instrumentFunction(function place() {}, Counter({ name: 'orders_total', help: 'Orders' }));
  const { url } = await serveMetrics({ cluster: true, port: 0, keepAlive: true });
  if (isMainThread) {
    const threads = [new Worker(new URL(import.meta.url))];
    globalThis.kept = [threads, place];
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line === 'end') threads.pop().terminate();
      else threads.push(new Worker(new URL(import.meta.url)));
    });
    console.log(JSON.stringify(url));
  } else {
    setInterval(place, 50);
  }
`;

describe('The landing page of several threads, in Chromium', () => {
  let browser: Browser;
  let page: Page;
  let main: Program;

  before(async function () {
    needs(this, 'chromium');
    browser = await launchChromium();
  });

  afterEach(() => main?.stop());
  after(() => browser?.close());

  /** The cells of the table of sources: the age of each by its number. */
  const ages = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      await page.$$eval('#sources tbody tr', (found) =>
        found.map((row) => [row.children[0]?.textContent ?? '', row.children[1]?.textContent ?? '']),
      ),
    );

  it('brings up to date how old each source is, adds the new ones, and says which have ended', async () => {
    main = new Program({ 'program.mjs': program });
    const { origin } = new URL(await main.next<string>());
    page = await browser.newPage();
    const read = async (): Promise<string> => (await fetch(`${origin}/`)).text();
    await until(async () => {
      const html = await read();
      return html.includes('data-source="1"') && html.includes('data-family="orders_total"');
    });
    await page.goto(origin);
    const seen = new Set<string>();
    await until(async () => seen.add((await ages())['1'] ?? '').size > 2);
    expect([...seen].slice(1).every((age) => /^[\d.]+ [mµ]?s$/.test(age))).to.equal(true);
    main.tell('another');
    await until(async () => /^[\d.]+ [mµ]?s$/.test((await ages())['2'] ?? ''));
    main.tell('end');
    await until(async () => (await ages())['2'] === 'has ended');
    expect((await ages())['1']).to.match(/^[\d.]+ [mµ]?s$/);
    await page.close();
  });
});
