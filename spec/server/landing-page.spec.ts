import { expect } from 'chai';
import { formatCount } from '../../lib/error.js';
import { catalogue } from '../../lib/index.js';
import type { FactsSummary } from '../../lib/page/facts.js';
import { until } from '../until.js';
import { countArrivals } from './arrivals.js';
import { ask } from './ask.js';
import { filled } from './landing-page.js';
import { held, Served, servers } from './served.js';

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

      it('shows each family with kind, help and series, the widest labels, and silent families with the reason', async () => {
        const shown = await page();
        expect(shown).to.match(
          /<code>depth<\/code> <span>gauge<\/span> <span><span data-series>12<\/span> series<\/span>/,
        );
        expect(shown).to.contain(
          '<dt>Labels</dt><dd><code>queue</code> <span data-values-of="queue">12</span> of at most 20 values</dd>',
        );
        expect(shown).to.contain('<dt>Series</dt><dd><span data-series>12</span> of at most 22</dd>');
        expect(shown).to.contain('<dt>Objective</dt><dd>99 % over 30 days: without outcome error</dd>');
        expect(shown).to.contain('<dt>Numbers</dt><dd><a href="metrics?name[]=depth">as text</a></dd>');
        expect(shown).to.contain('<td><code>depth</code></td><td><code>queue</code></td><td>12</td><td>20</td>');
        expect(shown).to.contain(
          '<td><code>landing_silent_total</code></td><td>not wired: its methods are not called, or report to no recorder or another one</td>',
        );
        expect(shown).to.match(/<footer>flowplane-metrics \d+\.\d+\.\d+/);
      });

      it('knows the labels that every series has, whatever metrics there are beside those of the recorder', async () => {
        for (const options of [{}, { processMetrics: true }, { endpointMetrics: false }, { thread: true }]) {
          const served = new Served(Server);
          const { origin } = await served.serve(filled(), options);
          const shown = await (await fetch(`${origin}/`)).text();
          await served.close();
          expect(shown).to.contain('<body data-constant-labels="[&quot;silent&quot;]"');
        }
      });

      it('escapes every value that it shows', async () => {
        const shown = await page();
        expect(shown).to.contain('Jobs &quot;&gt;&lt;script&gt;');
        expect(shown.match(/<script/g)).to.have.length(1);
        expect(shown).to.not.contain('<img');
      });

      it('says in a few bytes what changes: how many series there are, what is silent, and the widest labels', async () => {
        const answer = await fetch(`${origin}/-/landing.json`);
        expect(answer.headers.get('content-type')).to.equal('application/json');
        const { series, silent, widest } = (await answer.json()) as FactsSummary;
        expect(series).to.include({ depth: 12, jobs_total: 1, wait_seconds: 1 });
        expect(silent.find(({ name }) => name === 'landing_silent_total')).to.deep.equal({
          name: 'landing_silent_total',
          why: 'not wired: its methods are not called, or report to no recorder or another one',
          sites: ['@Counter on Silent.call'],
        });
        expect(widest[0]).to.deep.equal({ family: 'depth', label: 'queue', values: 12, limit: 20 });
      });

      it('agrees with the catalogue about how many series there may be', async () => {
        const recorder = filled();
        const { origin: other } = await served.serve(recorder, { endpointMetrics: false });
        const shown = await (await fetch(`${other}/`)).text();
        const entries = catalogue(recorder).filter(({ name }) => !name.startsWith('flowplane_'));
        expect(entries.length).to.be.above(3);
        for (const { name, seriesAtMost } of entries) {
          const [, of] = shown.split(`data-family="${name}"`);
          expect(of, name).to.match(
            new RegExp(`<span data-series>\\d+</span> of at most ${formatCount(seriesAtMost)}</dd>`),
          );
        }
      });

      it('hides tables without rows, which its script may fill', async () => {
        expect(await page()).to.contain('<section id="sources" hidden>');
      });

      it('sends a strict content security policy, answers HEAD, and refuses POST', async () => {
        const { headers } = await fetch(`${origin}/`);
        expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
        expect(headers.get('content-security-policy')).to.equal(
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        );
        expect((await fetch(`${origin}/`, { method: 'HEAD' })).status).to.equal(200);
        expect((await fetch(`${origin}/`, { method: 'POST' })).status).to.equal(405);
        expect((await fetch(`${origin}/else`)).status).to.equal(404);
      });

      it('sends script and style as they are accepted: compressed, or as they are', async () => {
        for (const path of ['/-/landing.js', '/-/landing.css']) {
          const plain = await ask(origin + path);
          const compressed = await fetch(origin + path);
          expect(plain.headers['content-encoding']).to.equal(undefined);
          expect(compressed.headers.get('content-encoding')).to.equal('gzip');
          expect(await compressed.text()).to.equal(plain.body);
          expect(plain.body.length).to.be.within(1000, 120_000);
        }
      });

      it('renders once for all requests at the same time', async () => {
        const { scrapable, asked, release } = held();
        const { origin: slow } = await served.serve(scrapable);
        const arrivals = await countArrivals();
        const all = Array.from({ length: 50 }, async () => (await ask(`${slow}/`)).status);
        await until(() => arrivals.count === all.length);
        arrivals.stop();
        release();
        expect(new Set(await Promise.all(all))).to.deep.equal(new Set([200]));
        expect(asked()).to.equal(1);
        const again = ask(`${slow}/`);
        await until(() => asked() === 2);
        release();
        expect((await again).status).to.equal(200);
      });

      it('requires the same credentials as a scrape', async () => {
        const { origin: locked } = await served.serve(filled(), { bearerTokens: ['secret'] });
        for (const path of ['/', '/-/landing.js', '/-/landing.css', '/-/landing.json']) {
          expect((await fetch(locked + path)).status).to.equal(401);
        }
      });
    });
  }
});
