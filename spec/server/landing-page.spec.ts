import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { Counter, defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { held, type Listening, Served, servers } from './served.js';

const attack = '"><script>document.title = "taken"</script><img src=x onerror="document.title = \'taken\'">';
const jobs = defineCounter({ name: 'jobs_total', help: `Jobs ${attack}`, labels: { queue: {} } });
const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: { limit: 20 } } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2, 4] });

class Silent {
  @Counter({ name: 'landing_silent_total', help: 'Calls that nobody makes' })
  call(): void {}
}

function filled(): PrometheusRecorder {
  // Why named: a class that nobody refers to is not declared any more.
  const recorder = new PrometheusRecorder({ constantLabels: { silent: Silent.name } });
  for (let i = 0; i < 12; i++) recorder.gauge(depth).set({ queue: `q${i}` }, i);
  recorder.counter(jobs).inc({ queue: attack }, 3);
  recorder.histogram(wait).observe({}, 1.5);
  return recorder;
}

describe('The landing page', () => {
  for (const [name, Server] of Object.entries(servers)) {
    describe(`on ${name}`, () => {
      const served = new Served(Server);
      let origin: string;
      beforeEach(async () => {
        ({ origin } = await served.serve(filled(), { endpointMetrics: false }));
      });
      afterEach(() => served.close());

      const page = async (): Promise<string> => (await fetch(`${origin}/`)).text();

      it('shows the families with kind, help and series, the widest labels, and what is silent with the reason', async () => {
        const shown = await page();
        expect(shown).to.match(/<code>depth<\/code> <span>gauge<\/span> <span>12 series<\/span>/);
        expect(shown).to.contain('<td><code>depth</code></td><td><code>queue</code></td><td>12</td><td>20</td>');
        expect(shown).to.contain('<td><code>landing_silent_total</code></td><td>not wired</td>');
        expect(shown).to.match(/<footer>flowplane-metrics \d+\.\d+\.\d+/);
      });

      it('writes nothing that it shows as markup', async () => {
        const shown = await page();
        expect(shown).to.contain('Jobs &quot;&gt;&lt;script&gt;');
        expect(shown.match(/<script/g)).to.have.length(1);
        expect(shown).to.not.contain('<img');
      });

      it('has a strict policy, and answers HEAD, and refuses POST', async () => {
        const { headers } = await fetch(`${origin}/`);
        expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
        expect(headers.get('content-security-policy')).to.equal(
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        );
        expect((await fetch(`${origin}/`, { method: 'HEAD' })).status).to.equal(200);
        expect((await fetch(`${origin}/`, { method: 'POST' })).status).to.equal(405);
        expect((await fetch(`${origin}/else`)).status).to.equal(404);
      });

      it('is made once for all who ask at the same time', async () => {
        const { scrapable, asked, release } = held();
        const { origin: slow } = await served.serve(scrapable);
        let arrived = 0;
        const counted = () => arrived++;
        subscribe('http.server.request.start', counted);
        const all = Array.from({ length: 50 }, async () => (await ask(`${slow}/`)).status);
        await until(() => arrived === all.length);
        unsubscribe('http.server.request.start', counted);
        release();
        expect(new Set(await Promise.all(all))).to.deep.equal(new Set([200]));
        expect(asked()).to.equal(1);
        const again = ask(`${slow}/`);
        await until(() => asked() === 2);
        release();
        expect((await again).status).to.equal(200);
      });

      it('is for those alone who may scrape', async () => {
        const { origin: locked } = await served.serve(filled(), { bearerTokens: ['secret'] });
        for (const path of ['/', '/-/landing.js', '/-/landing.css']) {
          expect((await fetch(locked + path)).status).to.equal(401);
        }
      });
    });
  }

  describe('in Chromium', function () {
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
      page.$$eval(`details[data-family="${family}"] polyline`, (found) =>
        found.map((one) => one.getAttribute('points')),
      );
    const legend = (family: string): Promise<string> =>
      page.$eval(`details[data-family="${family}"] figure`, (figure) => figure.textContent ?? '');

    it('draws a line per gauge series, which moves as the numbers do', async () => {
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

    it('draws the rate of a counter, and the median and 95th percentile of what a histogram observes', async () => {
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

    it('shows what is hostile as text', async () => {
      await page.goto(listening.origin);
      recorder.counter(jobs).inc({ queue: attack }, 3);
      await until(async () => (await legend('jobs_total')).includes(`queue=${attack}`));
      expect(await page.title()).to.equal('Metrics');
      expect(await page.$('img')).to.equal(null);
      expect(complaints).to.deep.equal([]);
    });

    it('reads nothing while nobody looks, and only the families that are open', async () => {
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

    it('can be read without JavaScript', async () => {
      await page.setJavaScriptEnabled(false);
      await page.goto(listening.origin);
      const text = await page.$eval('body', (body) => body.textContent ?? '');
      expect(text).to.contain('depth').and.contain('12 series').and.contain('landing_silent_total');
      expect(await page.$('svg')).to.equal(null);
    });

    it('is light or dark as the reader likes', async () => {
      const ground = async (scheme: string): Promise<string> => {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await page.goto(listening.origin);
        return page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
      };
      expect(await ground('light')).to.equal('rgb(255, 255, 255)');
      expect(await ground('dark')).to.equal('rgb(13, 17, 23)');
    });
  });
});
