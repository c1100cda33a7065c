import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { Registry, Summary } from 'prom-client';
import type { Browser, Page } from 'puppeteer-core';
import { defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { launchChromium } from './chromium.js';
import { attack, callSilent, calls, depth, feedWarehouse, filled, jobs, size, wait, wireIdle } from './landing-page.js';
import { type Listening, Served, servers } from './served.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core says of a page. */
interface Audit {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  readonly passes: readonly unknown[];
}

describe('The landing page in Chromium', () => {
  const served = new Served();
  let browser: Browser;
  let page: Page;
  let recorder: PrometheusRecorder;
  let listening: Listening;
  /** What the browser complains of: a script that is refused, a fault in ours. */
  let complaints: string[];
  /** The families of each poll. */
  let polled: string[];

  before(async function () {
    needs(this, 'chromium');
    browser = await launchChromium();
  });

  beforeEach(async () => {
    recorder = filled();
    listening = await served.serve(recorder, {
      endpointMetrics: false,
      exemplarUrl: 'https://traces.example/trace/{trace_id}',
    });
    complaints = [];
    polled = [];
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { hostname, pathname, searchParams } = new URL(request.url());
      if (hostname !== new URL(listening.origin).hostname) complaints.push(`it loads ${request.url()}`);
      if (pathname === '/metrics') polled.push(searchParams.getAll('name[]').join());
    });
  });

  afterEach(async () => {
    await page.close();
    await served.close();
    expect(complaints).to.deep.equal([]);
  });

  after(() => browser?.close());

  const inFamily = (family: string, selector: string): string => `details[data-family="${family}"] ${selector}`;
  const textOf = (family: string, selector: string): Promise<string> =>
    page.$$eval(inFamily(family, selector), (found) => found.map((one) => one.textContent).join('|'));
  const isOpen = (family: string): Promise<boolean> =>
    page.$eval(`details[data-family="${family}"]`, (details) => details.hasAttribute('open'));
  const open = async (family: string): Promise<void> => {
    if (!(await isOpen(family))) await page.click(inFamily(family, 'summary'));
  };
  /** The rows of the table under a graph, each as its cells. */
  const rows = (family: string): Promise<string[][]> =>
    page.$$eval(inFamily(family, '.values tbody tr'), (found) =>
      found.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  const choose = (family: string, label: string, value: string): Promise<unknown> =>
    page.evaluate(
      `{
        const labels = [...document.querySelectorAll(${JSON.stringify(inFamily(family, '.controls label'))})];
        const select = labels.find((one) => one.querySelector('span').textContent === ${JSON.stringify(label)}).querySelector('select');
        select.value = ${JSON.stringify(value)};
        select.dispatchEvent(new Event('change'));
      }`,
    );
  /** Chooses as soon as there is something to choose. */
  const choosing = async (family: string, label: string, value: string): Promise<unknown> => {
    await until(async () => (await textOf(family, '.controls')).includes(label));
    return choose(family, label, value);
  };
  /** How many pixels of a graph have the colour of the first line. */
  const painted = (family: string): Promise<number> =>
    page.evaluate(
      `{
        const canvas = document.querySelector(${JSON.stringify(inFamily(family, 'canvas'))});
        const probe = document.querySelector(${JSON.stringify(inFamily(family, '.swatch'))});
        const [r, g, b] = (probe ? getComputedStyle(probe).backgroundColor : 'rgb(31, 111, 235)').match(/\\d+/g).map(Number);
        // Why a copy: Chromium complains of a canvas that is drawn and read in turn.
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 30) found++;
        }
        found;
      }`,
    ) as Promise<number>;

  it('draws the largest eight series of a gauge, which move as the numbers do, and says how many there are besides', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    expect((await rows('depth')).map(([title]) => title)).to.deep.equal(
      [4, 5, 6, 7, 8, 9, 10, 11].map((i) => `queue=q${i}`),
    );
    expect(await textOf('depth', '.more')).to.contain('and 4 more');
    recorder.gauge(depth).set({ queue: 'q0' }, 1000);
    await until(async () => (await rows('depth'))[0]?.slice(0, 2).join(' ') === 'queue=q0 1,000');
    await until(async () => (await painted('depth')) > 10);
  });

  it('draws the rate of a counter, and percentiles, heat map, rate and average of a histogram, with units', async () => {
    await page.goto(listening.origin);
    const observing = setInterval(() => {
      recorder.counter(jobs).inc({ queue: 'mail' }, 10);
      for (let i = 0; i < 10; i++) recorder.histogram(wait).observe({}, i === 0 ? 3.5 : 0.5);
    }, 50);
    try {
      await until(async () =>
        /queue=mail [1-9][\d.]*\/s/.test((await rows('jobs_total')).join(' ').replaceAll(',', ' ')),
      );
      await until(async () => /^p50,(4|5|6)\d\d(\.\d+)? ms/.test((await rows('wait_seconds')).join()));
      const [, , p99] = await rows('wait_seconds');
      expect(p99?.[1]).to.match(/^[234](\.\d+)? s$/);
      await choose('wait_seconds', 'View', 'Heat map');
      await until(async () => /^0 s to 1 s,[1-9]/.test((await rows('wait_seconds')).join()));
      expect(await painted('wait_seconds')).to.be.above(50);
      await choose('wait_seconds', 'View', 'Rate');
      await until(async () => /^all,[\d.]+\/s/.test((await rows('wait_seconds')).join()));
      await choose('wait_seconds', 'View', 'Average');
      await until(async () => /^all,\d+(\.\d+)? ms/.test((await rows('wait_seconds')).join()));
    } finally {
      clearInterval(observing);
    }
  });

  it('draws percentiles of a native histogram', async () => {
    const sizes = recorder.histogram(size);
    sizes.observe({ of: 'page' }, 5);
    await page.goto(listening.origin);
    await open('size_bytes');
    await until(async () => (await rows('size_bytes')).length === 3);
    for (let i = 0; i < 1000; i++) sizes.observe({ of: 'page' }, i < 800 ? 1024 : 65_536);
    await until(async () => /of=page p50,9\d\d(\.\d)? B/.test((await rows('size_bytes')).join()));
    expect((await rows('size_bytes'))[2]?.[1]).to.match(/^(5|6)\d(\.\d+)? KiB$/);
  });

  it('groups series by a label, and draws only those of one value', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    await choose('depth', 'queue', 'all');
    await until(async () => (await rows('depth')).join().startsWith('all,66'));
    await choose('depth', 'queue', '=q3');
    await until(async () => (await rows('depth')).join().startsWith('all,3'));
  });

  it('keeps the choice of a value that no series has for a while, and leads back from it', async () => {
    const stock = defineGauge({ name: 'stock', help: 'Stock', labels: { of: {} } });
    let goods = ['pears', 'plums'];
    recorder.gauge(stock).collect(() => goods.map((of) => ({ labels: { of }, value: 7 })));
    await page.goto(listening.origin);
    await open('stock');
    await choosing('stock', 'of', '=pears');
    await until(async () => (await rows('stock')).join().startsWith('all,7'));
    goods = ['plums', 'quinces'];
    await until(async () => (await textOf('stock', '.controls')).includes('quinces'));
    const list = JSON.stringify(inFamily('stock', '.controls label:last-child select'));
    expect(await page.evaluate(`document.querySelector(${list}).value`)).to.equal('=pears');
    await choose('stock', 'of', 'each');
    await until(async () => (await rows('stock')).join().startsWith('of=plums,7'));
  });

  it('draws the other lines on an axis of their own size where one is infinite', async () => {
    for (let i = 0; i < 12; i++) recorder.gauge(depth).set({ queue: `q${i}` }, i === 11 ? Infinity : 5);
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).join().includes('queue=q11,∞') && polled.length > 2);
    const box = await (await page.$(inFamily('depth', '.u-over')))?.boundingBox();
    if (!box) throw new Error('there is no graph');
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    await until(async () => /queue=q\d+ 5$/.test(await textOf('depth', '.readout')));
  });

  it('begins anew where the clock of the machine that shows it is set back', async () => {
    const working = setInterval(() => recorder.counter(jobs).inc({ queue: 'mail' }, 10), 50);
    const leastRate = async () => (await rows('jobs_total')).find(([title]) => title === 'queue=mail')?.[2];
    try {
      await page.goto(listening.origin);
      await until(async () => /^[1-9]/.test((await leastRate()) ?? ''));
      await page.evaluate('{ const now = Date.now; Date.now = () => now() - 3_600_000; }');
      const before = polled.length;
      await until(() => polled.length > before + 3);
      await until(async () => /^[1-9]/.test((await leastRate()) ?? ''));
    } finally {
      clearInterval(working);
    }
  });

  it('stays as wide as the window, however long a name, a help text, a label value or a number is', async () => {
    const word = 'x'.repeat(3000);
    const long = defineGauge({ name: `long_${word}`, help: word, labels: { of: {} } });
    recorder.gauge(long).set({ of: word }, 1.7e308);
    await page.setViewport({ width: 390, height: 844 });
    await page.goto(listening.origin);
    await open(long.name);
    await until(async () => (await rows(long.name)).length === 1);
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
  });

  it('hides a line whose name is pressed in the table', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    await until(async () => (await painted('depth')) > 10);
    await page.click(inFamily('depth', '.series'));
    expect(await page.$eval(inFamily('depth', '.series'), (one) => one.getAttribute('aria-pressed'))).to.equal('false');
    await until(async () => (await painted('depth')) === 0);
  });

  it('obeys the keyboard: a slash leads to the search, and arrows move through the time of a graph', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    await page.keyboard.press('/');
    await page.keyboard.type('waiting');
    await until(async () => (await page.$$('details:not([hidden])')).length === 1);
    expect(await page.$eval('output', (output) => output.textContent)).to.match(/^1 of \d+ metrics$/);
    await until(async () => (await textOf('wait_seconds', '.values thead')) !== '');
    await page.focus(inFamily('wait_seconds', '[role=slider]'));
    const head = () => textOf('wait_seconds', '.values thead th:nth-child(2)');
    expect(await head()).to.match(/^Now, \d\d:\d\d:\d\d$/);
    await page.keyboard.press('Home');
    await until(async () => /^At \d\d:\d\d:\d\d$/.test(await head()));
    const slider = await page.$eval(inFamily('wait_seconds', '[role=slider]'), (one) => [
      one.getAttribute('aria-valuenow'),
      one.getAttribute('aria-valuetext'),
    ]);
    expect(slider[0]).to.equal('0');
    expect(slider[1]).to.match(/^\d\d:\d\d:\d\d, p50 /);
    await page.keyboard.press('Escape');
    await until(async () => /^Now/.test(await head()));
  });

  it('finds families by the class that feeds them, by their help text and by their labels, also closed ones', async () => {
    feedWarehouse(recorder);
    await page.goto(listening.origin);
    const find = async (words: string): Promise<string[]> => {
      await page.$eval('#search', (field) => field.setAttribute('value', ''));
      await page.click('#search', { clickCount: 3 });
      await page.keyboard.press('Backspace');
      await page.type('#search', words);
      return page.$$eval('details:not([hidden])', (found) => found.map((one) => one.getAttribute('data-family') ?? ''));
    };
    const all = await find('');
    expect(all.length).to.be.above(4);
    expect(await find('warehouse')).to.deep.equal(['pallets', 'parcels_total']);
    expect(await find('Warehouse.pack')).to.deep.equal(['parcels_total']);
    expect(await find('gauge warehouse.count')).to.deep.equal(['pallets']);
    expect(await find('handed over')).to.deep.equal(['parcels_total']);
    expect(await find('carrier')).to.deep.equal(['parcels_total']);
    expect(await find('nobody.feeds.it')).to.deep.equal([]);
    expect(await find('')).to.deep.equal(all);
  });

  it('draws the quantiles of a summary of prom-client, its rate and its average', async () => {
    const registry = new Registry();
    const summary = new Summary({
      name: 'fetch_seconds',
      help: 'Fetching',
      percentiles: [0.5, 0.9],
      registers: [registry],
    });
    const { origin } = await served.serve(new PrometheusRecorder({ registry }), { endpointMetrics: false });
    const observe = (): void => {
      for (let i = 1; i <= 10; i++) summary.observe(i / 10);
    };
    observe();
    await page.goto(origin);
    await until(async () => (await rows('fetch_seconds')).length === 2);
    expect((await rows('fetch_seconds')).map(([title, now]) => `${title} ${now}`)).to.deep.equal([
      'p50 550 ms',
      'p90 950 ms',
    ]);
    expect(await textOf('fetch_seconds', '.meaning')).to.match(/^The quantiles that the service gives\./);
    const observing = setInterval(observe, 50);
    try {
      await choose('fetch_seconds', 'View', 'Average');
      await until(async () => (await rows('fetch_seconds')).join().startsWith('all,550 ms'));
      await choose('fetch_seconds', 'View', 'Rate');
      await until(async () => /^all,[1-9][\d.,]*\/s/.test((await rows('fetch_seconds')).join()));
    } finally {
      clearInterval(observing);
    }
  });

  it('says beside a graph that its family is silent and why, until the first call', async () => {
    const silence = (): Promise<string> =>
      page.$eval(inFamily('landing_idle_total', '[data-silent] dd'), (found) =>
        found.checkVisibility() ? (found.textContent ?? '') : 'not seen',
      );
    const listed = (): Promise<string> =>
      page.$eval('#silent', (found) => (found.checkVisibility() ? (found.textContent ?? '') : 'not seen'));
    const quiet = new PrometheusRecorder({ onError: () => undefined });
    const call = wireIdle(quiet);
    await page.goto((await served.serve(quiet, { endpointMetrics: false })).origin);
    await open('landing_idle_total');
    expect(await silence()).to.equal('no call yet');
    expect(await listed()).to.match(/landing_idle_total\s*no call yet\s*@Counter on Idle\.call/);
    call('a refused value');
    await until(async () => (await silence()) === 'all dropped: not_finite');
    expect(await listed()).to.match(/landing_idle_total\s*all dropped: not_finite/);
    call(1);
    await until(async () => (await silence()) === 'not seen');
    await until(async () => !(await listed()).includes('landing_idle_total'));
  });

  it('gives the values at the time under the mouse', async () => {
    await page.goto(listening.origin);
    await until(async () => polled.length > 2);
    const box = await (await page.$(inFamily('depth', '.u-over')))?.boundingBox();
    if (!box) throw new Error('there is no graph');
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    await until(async () => /^At /.test(await textOf('depth', '.values thead th:nth-child(2)')));
  });

  it('says what an objective leaves, and leads from exemplars to their traces', async () => {
    recorder.counter(calls).inc({ outcome: 'ok' }, 998);
    recorder.counter(calls).inc({ outcome: 'error' }, 1, { exemplar: { trace_id: 'abc' } });
    await page.goto(listening.origin);
    await open('calls_total');
    await until(async () => (await textOf('calls_total', '.budget')).includes('90 % of the error budget'));
    const link = await page.$eval(inFamily('calls_total', '.exemplars a'), (one) => [
      one.getAttribute('href'),
      one.getAttribute('rel'),
      one.textContent,
    ]);
    expect(link).to.deep.equal(['https://traces.example/trace/abc', 'noreferrer noopener', 'trace_id=abc']);
  });

  it('writes hostile values as text', async () => {
    await page.goto(listening.origin);
    recorder.counter(jobs).inc({ queue: attack }, 3, { exemplar: { trace_id: attack } });
    await until(async () => (await rows('jobs_total')).join().includes(`queue=${attack}`));
    await until(async () => (await textOf('jobs_total', '.exemplars')).includes(attack));
    expect(await textOf('jobs_total', '.controls')).to.contain(attack);
    expect(await page.title()).to.equal('Metrics');
    expect(await page.$('img')).to.equal(null);
  });

  it('requests only the families that are open', async () => {
    await page.goto(listening.origin);
    await until(() => polled.length > 0);
    expect(polled[0]).to.equal('depth,jobs_total,wait_seconds,calls_total');
    await page.click(inFamily('depth', 'summary'));
    await until(() => polled.at(-1) === 'jobs_total,wait_seconds,calls_total');
    await press('Close all');
    await until(async () => (await page.$$('details[open]')).length === 0);
    const before = polled.length;
    await open('depth');
    await until(() => polled.length > before);
    expect(polled.slice(before).every((names) => names === 'depth')).to.equal(true);
  });

  /**
   * Counts what the page still waits for: its timers, and the answers to its requests. Also lets a spec say who sees it.
   *
   * Why counted: a page without either asks nothing more, however long one waits. Why said: Chromium without a screen says that
   * every page is visible.
   */
  const countPending = `{
    let state = 'visible';
    Object.defineProperty(document, 'visibilityState', { get: () => state });
    window.see = (next) => { state = next; document.dispatchEvent(new Event('visibilitychange')); };
    const timers = new Set();
    let answers = 0;
    const { setTimeout, clearTimeout, fetch } = window;
    window.setTimeout = (run, ms) => {
      const timer = setTimeout(() => { timers.delete(timer); run(); }, ms);
      timers.add(timer);
      return timer;
    };
    window.clearTimeout = (timer) => { timers.delete(timer); clearTimeout(timer); };
    window.fetch = (...request) => { answers++; return fetch(...request).finally(() => answers--); };
    window.pending = () => timers.size + answers;
  }`;
  const pending = async (): Promise<number> => (await page.evaluate('pending()')) as number;
  const press = (text: string): Promise<unknown> =>
    page.evaluate(
      `[...document.querySelectorAll('.toolbar button')].find((one) => one.textContent === ${JSON.stringify(text)}).click()`,
    );

  it('requests nothing while nobody sees it, and goes on when somebody does', async () => {
    await page.evaluateOnNewDocument(countPending);
    await page.evaluateOnNewDocument(`see('hidden')`);
    await page.goto(listening.origin, { waitUntil: 'networkidle0' });
    expect(polled).to.deep.equal([]);
    expect(await pending()).to.equal(0);
    await page.evaluate(`see('visible')`);
    await until(() => polled.length > 1);
    await page.evaluate(`see('hidden')`);
    await until(async () => (await pending()) === 0);
    const before = polled.length;
    await page.evaluate(`see('visible')`);
    await until(() => polled.length > before);
  });

  it('requests nothing while it is paused, and no metrics while everything is closed', async () => {
    await page.evaluateOnNewDocument(countPending);
    await page.goto(listening.origin);
    await until(() => polled.length > 0);
    await press('Close all');
    // Why one: what is silent is asked for all the same.
    await until(async () => (await pending()) === 1);
    expect(await page.$eval('.status', (one) => one.textContent)).to.equal('No graph is open, so no metric is read.');
    await press('Pause');
    await until(async () => (await pending()) === 0);
    await open('depth');
    expect(await pending()).to.equal(0);
    const before = polled.length;
    await press('Pause');
    await until(() => polled.length > before);
    expect(polled.at(-1)).to.equal('depth');
  });

  it('goes on where a search had hidden all that is open', async () => {
    await page.evaluateOnNewDocument(countPending);
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    const status = () => page.$eval('.status', (one) => one.textContent ?? '');
    await page.type('#search', 'x');
    await page.type('#search', '?');
    expect(await status()).to.equal('No graph is open, so no metric is read.');
    // Why one: what is silent is asked for all the same.
    await until(async () => (await pending()) === 1);
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    polled = [];
    await until(() => polled.length > 0);
    await until(async () => (await status()).startsWith('Last poll'));
  });

  it('draws all other families where the unit of one has the name of what every object has', async () => {
    recorder.gauge(defineGauge({ name: 'a_constructor', help: 'Odd', unit: 'constructor' })).set({}, 7);
    await page.goto(listening.origin);
    await open('a_constructor');
    await until(async () => (await rows('a_constructor'))[0]?.[1] === '7 constructor');
    await until(async () => (await rows('depth')).length === 8);
  });

  it('asks less often a service that refuses, and says so', async () => {
    await page.goto(listening.origin);
    await until(() => polled.length > 0);
    await page.setRequestInterception(true);
    page.on('request', (request) => void request.respond({ status: 503, body: '' }).catch(() => undefined));
    await until(async () => (await page.$eval('.status', (one) => one.textContent ?? '')).includes('503'));
    expect(await page.$eval('.status', (one) => one.textContent)).to.match(/the next is in [48] s/);
    complaints = complaints.filter((one) => !one.includes('503'));
  });

  it('has its contents without JavaScript', async () => {
    await page.setJavaScriptEnabled(false);
    await page.goto(listening.origin);
    const text = await page.$eval('body', (body) => body.textContent ?? '');
    expect(text).to.contain('depth').and.contain('12 series').and.contain('landing_silent_total');
    expect(await page.$('canvas')).to.equal(null);
    expect(await page.$('.toolbar')).to.equal(null);
  });

  it('follows the preferred color scheme of the reader, and the one that is chosen', async () => {
    const ground = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await page.goto(listening.origin);
    expect(await ground()).to.equal('rgb(13, 17, 23)');
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    expect(await ground()).to.equal('rgb(255, 255, 255)');
    await until(async () => (await page.$('.toolbar')) !== null);
    await page.evaluate(`{
      const select = [...document.querySelectorAll('.toolbar select')].at(-1);
      select.value = 'dark';
      select.dispatchEvent(new Event('change'));
    }`);
    expect(await ground()).to.equal('rgb(13, 17, 23)');
  });

  it('brings up to date what is silent, how many series there are, and the labels with the most values', async () => {
    const section = (id: string): Promise<string> =>
      page.$eval(`#${id}`, (found) => (found.hasAttribute('hidden') ? 'hidden' : (found.textContent ?? '')));
    await page.goto(listening.origin);
    expect(await section('silent')).to.match(/landing_silent_total\s*not wired/);
    expect(await section('widest')).to.match(/depth\s*queue\s*12\s*20/);
    for (let i = 12; i < 15; i++) recorder.gauge(depth).set({ queue: `q${i}` }, i);
    callSilent(recorder);
    recorder.histogram(size).observe({ of: 'page' }, 1);
    await until(async () => !(await section('silent')).includes('landing_silent_total'));
    expect(await section('widest')).to.match(/depth\s*queue\s*15\s*20/);
    expect(await textOf('depth', 'summary')).to.contain('15 series');
    expect(await page.$eval('.news', (link) => link.textContent)).to.match(/^\d new metrics?: load the page again$/);
    await Promise.all([page.waitForNavigation(), page.click('.news')]);
    await until(async () => (await page.$(inFamily('landing_silent_total', 'summary'))) !== null);
  });

  it('says what the cell of a heat map under the mouse has, and what its colours stand for', async () => {
    await page.goto(listening.origin);
    await choosing('wait_seconds', 'View', 'Heat map');
    const observing = setInterval(() => recorder.histogram(wait).observe({}, 1.5), 20);
    try {
      await until(async () => (await painted('wait_seconds')) > 50);
      const graph = await page.$(inFamily('wait_seconds', '.u-over'));
      await graph?.scrollIntoView();
      const box = await graph?.boundingBox();
      if (!box) throw new Error('there is no graph');
      // Why there: of the rows 0 to 1, 1 to 2, 2 to 4, and above, it is the second one from the bottom.
      await page.mouse.move(box.x + box.width - 2, box.y + (box.height * 5) / 8);
      await until(async () =>
        /^\d\d:\d\d:\d\d +1 s to 2 s: [1-9]\d* observations$/.test(await textOf('wait_seconds', '.readout')),
      );
      expect(await textOf('wait_seconds', '.scale')).to.match(/^Observations in 10 s0\d+[1-9]\d*$/);
    } finally {
      clearInterval(observing);
    }
  });

  it('names the line that is the nearest to the mouse, with its value and unit', async () => {
    await page.goto(listening.origin);
    await choosing('depth', 'queue', '=q8');
    await until(async () => (await rows('depth')).length === 1 && polled.length > 2);
    const box = await (await page.$(inFamily('depth', '.u-over')))?.boundingBox();
    if (!box) throw new Error('there is no graph');
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    await until(async () => /^\d\d:\d\d:\d\d +all 8$/.test(await textOf('depth', '.readout')));
  });

  it('leads the keyboard through all that can be worked, in the order of the page, and shows where it is', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8 && (await rows('jobs_total')).length > 0);
    // Why: what comes and goes with a poll would move what is counted here.
    await page.click('.toolbar button');
    const controls = await page.evaluate(`{
      window.controls = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')].filter((one) => one.checkVisibility());
      const start = document.querySelector('h1');
      start.tabIndex = -1;
      start.focus();
      controls.length;
    }`);
    const walked: unknown[] = [];
    for (let i = 0; i < Number(controls); i++) {
      await page.keyboard.press('Tab');
      walked.push(
        await page.evaluate(
          `getComputedStyle(document.activeElement).outlineStyle === 'none' ? 'not seen' : controls.indexOf(document.activeElement)`,
        ),
      );
    }
    expect(walked.length).to.be.above(30);
    expect(walked).to.deep.equal(walked.map((_, i) => i));
  });

  it('moves nothing by itself but the numbers', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    const moving = await page.evaluate(`[...document.querySelectorAll('*')].filter((one) => {
      const { transitionDuration, animationName } = getComputedStyle(one);
      return transitionDuration !== '0s' || animationName !== 'none';
    }).map(({ outerHTML }) => outerHTML)`);
    expect(moving).to.deep.equal([]);
  });

  /** Keeps what is written on graphs, and where. */
  const keepTexts = `{
    window.texts = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
      texts.push([text, this.canvas.isConnected, x, y, this.measureText(text).width, this.canvas.closest('details')?.dataset.family]);
      return fillText.call(this, text, x, y, ...rest);
    };
  }`;

  it('writes values with their unit at the ticks of the value axis, and times at those of the other one', async () => {
    await page.evaluateOnNewDocument(keepTexts);
    const sizes = recorder.histogram(size);
    sizes.observe({ of: 'page' }, 5);
    recorder.gauge(defineGauge({ name: 'born_seconds', help: 'Many years' })).set({}, 1_700_000_000);
    await page.goto(listening.origin);
    await open('size_bytes');
    await open('born_seconds');
    const observing = setInterval(() => {
      sizes.observe({ of: 'page' }, 65_536);
      recorder.counter(jobs).inc({ queue: 'mail' }, 10);
      recorder.histogram(wait).observe({}, 0.5);
    }, 20);
    const ticks = async (family: string): Promise<string[]> => {
      const all = (await page.evaluate(`texts.map(([text, , , , , family]) => [text, family])`)) as [string, string][];
      return all.filter(([, of]) => of === family).map(([text]) => text);
    };
    try {
      for (const [family, value] of [
        ['depth', /^\d+$/],
        ['jobs_total', /^[1-9]\d*\/s$/],
        ['wait_seconds', /^[1-9]\d* ms$/],
        ['size_bytes', /^[1-9]\d* KiB$/],
        ['born_seconds', /^[1-9][\d,]* d$/],
      ] as const) {
        await until(async () => new Set((await ticks(family)).filter((text) => value.test(text))).size > 1);
        await until(async () => new Set((await ticks(family)).filter((text) => /^\d\d:\d\d/.test(text))).size > 1);
      }
      for (const text of await ticks('wait_seconds')) expect(text).to.match(/^([\d.]+ m?s|\d\d:\d\d(:\d\d)?)$/);
    } finally {
      clearInterval(observing);
    }
  });

  it('has four times on the axis of a phone, and none of them overlaps', async () => {
    await page.evaluateOnNewDocument(keepTexts);
    await page.setViewport({ width: 390, height: 844 });
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    await page.evaluate('texts.length = 0');
    await until(async () => ((await page.evaluate('texts.length')) as number) > 0);
    const texts = (await page.evaluate(
      `{ const last = texts.findLastIndex(([text], i) => i > 0 && /:/.test(text) && !/:/.test(texts[i - 1][0])); texts.slice(Math.max(0, last)); }`,
    )) as [text: string, isSeen: boolean, x: number, y: number, width: number][];
    const times = texts.filter(([text]) => /^\d\d:\d\d/.test(text)).slice(0, 8);
    const first = times.filter(([, , , y]) => y === times[0]?.[3]);
    expect(first.length).to.be.at.least(4);
    const places = first.map(([, , x, , width]) => [x - width / 2, x + width / 2] as const).sort(([a], [b]) => a - b);
    for (const [i, [left]] of places.entries()) {
      if (i > 0) expect(left).to.be.above(places[i - 1]?.[1] ?? 0);
    }
  });

  it('has room for a whole time at the end of the time axis', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    const [room, width] = (await page.evaluate(`{
      const canvas = document.querySelector('details[data-family=depth] canvas');
      const over = document.querySelector('details[data-family=depth] .u-over');
      const pen = document.createElement('canvas').getContext('2d');
      pen.font = '12px system-ui, sans-serif';
      [canvas.getBoundingClientRect().right - over.getBoundingClientRect().right, pen.measureText('00:00:00').width];
    }`)) as [number, number];
    expect(room).to.be.at.least(width / 2);
  });

  it('has the same numbers as a table beside each graph, which has a name', async () => {
    await page.goto(listening.origin);
    await until(async () => (await rows('depth')).length === 8);
    const tables = await page.$$eval('details[open] .values', (found) =>
      found.map((table) => [table.getAttribute('aria-label'), table.querySelectorAll('thead th[scope=col]').length]),
    );
    expect(tables).to.deep.include(['Numbers of depth', 4]);
    const seen = await page.$$eval('details[open] canvas', (found) =>
      found.map((one) => one.closest('[aria-hidden=true]') !== null),
    );
    expect(seen.length).to.be.above(2);
    expect(seen).to.not.include(false);
  });

  /** A recorder with so many families. */
  const withFamilies = (count: number): PrometheusRecorder => {
    const many = new PrometheusRecorder({ onAdvice: () => undefined });
    for (let i = 0; i < count; i++) {
      many.gauge(defineGauge({ name: `pallets_${i}`, help: 'Pallets', labels: { of: {} } })).set({ of: 'wood' }, i);
    }
    return many;
  };
  const desktop = { width: 1000, height: 900 };
  const phone = { width: 390, height: 844 };
  const audits = [
    ['a service with metrics, a heat map open', desktop, () => recorder],
    ['a service with metrics, a heat map open, on a phone', phone, () => recorder],
    // Why each once: 500 of them take seconds.
    ['500 families', undefined, () => withFamilies(500)],
    ['no families', desktop, () => new PrometheusRecorder()],
  ] as const;
  for (const scheme of ['light', 'dark']) {
    for (const [what, viewport, create] of audits) {
      it(`breaks no rule of axe-core, in ${scheme} colours: ${what}`, async () => {
        const audited = create();
        const { origin } = await served.serve(audited, {
          endpointMetrics: false,
          exemplarUrl: 'https://traces.example/{trace_id}',
        });
        recorder.counter(calls).inc({ outcome: 'error' }, 1, { exemplar: { trace_id: 'abc' } });
        await page.setViewport(viewport ?? (scheme === 'light' ? desktop : phone));
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await page.goto(origin);
        if (audited === recorder) {
          await choosing('wait_seconds', 'View', 'Heat map');
          await until(async () => (await rows('depth')).length === 8 && (await page.$('.exemplars a')) !== null);
        } else await until(async () => (await page.$('.toolbar')) !== null);
        await page.evaluate(axe);
        const { violations, passes } = (await page.evaluate('axe.run()')) as Audit;
        expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).to.deep.equal([]);
        expect(passes.length).to.be.above(10);
      });
    }
  }

  for (const [name, Server] of Object.entries(servers)) {
    for (const thread of [false, true]) {
      it(`works under its own strict policy, on ${name}${thread ? ' with a metrics thread' : ''}`, async () => {
        const other = new Served(Server);
        try {
          const { origin } = await other.serve(recorder, { endpointMetrics: false, ...(thread && { thread }) });
          const answer = await page.goto(origin);
          expect(answer?.headers()['content-security-policy']).to.match(
            /^default-src 'none'; script-src 'self'; style-src 'self'; /,
          );
          await until(async () => (await rows('depth')).length === 8);
          const inline = await page.evaluate(
            `document.querySelectorAll('script:not([src]), style, [onclick], [onload]').length`,
          );
          expect(inline).to.equal(0);
          // Why in a timer: what the protocol of the browser evaluates itself may evaluate more.
          const evaluated = await page.evaluate(
            `new Promise((done) => setTimeout(() => { try { done(new Function('return 1')()) } catch (error) { done(error.name) } }))`,
          );
          expect(evaluated).to.equal('EvalError');
          complaints = complaints.filter((one) => !one.includes('unsafe-eval'));
        } finally {
          await other.close();
        }
      });
    }
  }
});
