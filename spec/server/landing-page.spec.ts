import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { until } from '../until.js';
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
        expect(shown).to.match(/<code>depth<\/code> <span>gauge<\/span> <span>12 series<\/span>/);
        expect(shown).to.contain('<td><code>depth</code></td><td><code>queue</code></td><td>12</td><td>20</td>');
        expect(shown).to.contain('<td><code>landing_silent_total</code></td><td>not wired</td>');
        expect(shown).to.match(/<footer>flowplane-metrics \d+\.\d+\.\d+/);
      });

      it('escapes every value that it shows', async () => {
        const shown = await page();
        expect(shown).to.contain('Jobs &quot;&gt;&lt;script&gt;');
        expect(shown.match(/<script/g)).to.have.length(1);
        expect(shown).to.not.contain('<img');
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

      it('renders once for all requests at the same time', async () => {
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

      it('requires the same credentials as a scrape', async () => {
        const { origin: locked } = await served.serve(filled(), { bearerTokens: ['secret'] });
        for (const path of ['/', '/-/landing.js', '/-/landing.css']) {
          expect((await fetch(locked + path)).status).to.equal(401);
        }
      });
    });
  }
});
