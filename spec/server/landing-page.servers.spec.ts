import { expect } from 'chai';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { attack, depth, filled, jobs, size, wait } from './landing-page.js';
import { type Listening, Served } from './served.js';

describe('The landing page in Chromium', function () {
  this.timeout(60_000);
  const served = new Served();
  let browser: Browser;
  let page: Page;
  let recorder: PrometheusRecorder;
  let listening: Listening;
  /** What the browser complains of: a script that is refused, a fault in ours. */
  let complaints: string[];

  before(async function () {
    needs(this, 'chromium');
    browser = await puppeteer.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });

  beforeEach(async () => {
    recorder = filled();
    listening = await served.serve(recorder, { endpointMetrics: false });
    complaints = [];
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
  });

  afterEach(async () => {
    await page.close();
    await served.close();
  });

  after(() => browser?.close());

  /** The points of the lines that a family's graph has. */
  const lines = (family: string): Promise<(string | null)[]> =>
    page.$$eval(`details[data-family="${family}"] polyline`, (found) => found.map((one) => one.getAttribute('points')));
  const legend = (family: string): Promise<string> =>
    page.$eval(`details[data-family="${family}"] figure`, (figure) => figure.textContent ?? '');

  it('draws one line per gauge series, which moves as the numbers do', async () => {
    await page.goto(listening.origin);
    await until(async () => (await lines('depth')).length === 8);
    expect(await legend('depth'))
      .to.contain('queue=q7: 7')
      .and.to.contain('and 4 more');
    recorder.gauge(depth).set({ queue: 'q0' }, 1000);
    await until(async () => (await legend('depth')).includes('queue=q0: 1,000'));
    expect((await lines('depth'))[0]?.split(' ').length).to.be.above(1);
    expect(complaints).to.deep.equal([]);
  });

  it('draws the rate of a counter, and the median and 95th percentile of a histogram', async () => {
    await page.goto(listening.origin);
    const observing = setInterval(() => {
      recorder.counter(jobs).inc({ queue: 'mail' }, 10);
      for (let i = 0; i < 10; i++) recorder.histogram(wait).observe({}, i === 0 ? 3.5 : 0.5);
    }, 50);
    try {
      const rate = async () =>
        Number(/queue=mail: ([\d.,]+) per second/.exec(await legend('jobs_total'))?.[1]?.replace(',', ''));
      await until(async () => (await rate()) > 0);
      // 10 every 50 ms or so.
      expect(await rate()).to.be.within(10, 250);
      await until(async () => (await legend('wait_seconds')).includes('p95'));
      const [, median, high] = /p50: ([\d.]+)\D+p95: ([\d.]+)/.exec(await legend('wait_seconds')) ?? [];
      expect(Number(median)).to.be.within(0.4, 0.7);
      expect(Number(high)).to.be.within(2, 4);
    } finally {
      clearInterval(observing);
    }
    expect(complaints).to.deep.equal([]);
  });

  it('draws the median and the 95th percentile of a native histogram, with its count and sum', async () => {
    const sizes = recorder.histogram(size);
    sizes.observe({ of: 'page' }, 5);
    await page.goto(listening.origin);
    await until(async () => (await legend('size_bytes')).includes('of=page count: 1'));
    for (let i = 0; i < 1000; i++) sizes.observe({ of: 'page' }, i < 900 ? 1000 : 64_000);
    sizes.observe({ of: 'page' }, -3);
    await until(async () => /p95: \d/.test(await legend('size_bytes')));
    const [, median, high] = /of=page p50: ([\d.,]+)\D+of=page p95: ([\d.,]+)/.exec(await legend('size_bytes')) ?? [];
    expect(Number(median?.replace(',', ''))).to.be.within(1000 / 1.1, 1000 * 1.1);
    expect(Number(high?.replace(',', ''))).to.be.within(64_000 / 1.1, 64_000 * 1.1);
    expect(await legend('size_bytes'))
      .to.contain('of=page count: 1,002')
      .and.to.contain('of=page sum: 7,300,000');
    expect(complaints).to.deep.equal([]);
  });

  it('shows hostile values as text', async () => {
    await page.goto(listening.origin);
    recorder.counter(jobs).inc({ queue: attack }, 3);
    await until(async () => (await legend('jobs_total')).includes(`queue=${attack}`));
    expect(await page.title()).to.equal('Metrics');
    expect(await page.$('img')).to.equal(null);
    expect(complaints).to.deep.equal([]);
  });

  it('requests only the families that are open', async () => {
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/metrics') asked.push(searchParams.getAll('name[]').join());
    });
    await page.goto(listening.origin);
    await until(() => asked.length > 0);
    expect(asked[0]).to.equal('depth,jobs_total,wait_seconds');
    await page.$eval('details[data-family="depth"] summary', (summary) =>
      (summary as unknown as { click(): void }).click(),
    );
    await until(() => asked.at(-1) === 'jobs_total,wait_seconds');
  });

  it('shows its contents without JavaScript', async () => {
    await page.setJavaScriptEnabled(false);
    await page.goto(listening.origin);
    const text = await page.$eval('body', (body) => body.textContent ?? '');
    expect(text).to.contain('depth').and.contain('12 series').and.contain('landing_silent_total');
    expect(await page.$('svg')).to.equal(null);
  });

  it('follows the preferred color scheme of the reader', async () => {
    const ground = async (scheme: string): Promise<string> => {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(listening.origin);
      return page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
    };
    expect(await ground('light')).to.equal('rgb(255, 255, 255)');
    expect(await ground('dark')).to.equal('rgb(13, 17, 23)');
  });
});
