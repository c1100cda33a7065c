import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import { expect } from 'chai';
import express from 'express';
import { Hono } from 'hono';
import { type AccessOptions, fetchHandler, metricsHandler } from '../../../lib/adapters/http/index.js';
import { defineCounter, PrometheusRecorder } from '../../../lib/index.js';
import { serveApplication } from '../../http/contract-application.js';
import type { ContractApplication } from '../../http/request-contract.suite.js';
import { until } from '../../until.js';

const visits = defineCounter({ name: 'handled_visits_total', help: 'Visits' });
const url = 'http://localhost/any/path';
const basic = (credentials: string) => ({ Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

type Headers = Record<string, string>;
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly challenge: string | null;
}

/** Asks one handler, from 127.0.0.1. */
type Ask = (headers?: Headers, method?: string) => Promise<Answer>;

const read = async (response: Response): Promise<Answer> => ({
  status: response.status,
  text: await response.text(),
  challenge: response.headers.get('www-authenticate'),
});

for (const kind of ['metricsHandler', 'fetchHandler'] as const) {
  describe(`${kind}()`, () => {
    let recorder: PrometheusRecorder;
    let application: ContractApplication | undefined;
    let folder: string;

    beforeEach(() => {
      recorder = new PrometheusRecorder();
      recorder.counter(visits).inc({}, 7);
      folder = mkdtempSync(join(tmpdir(), 'handlers-'));
    });

    afterEach(async () => {
      await application?.close();
      application = undefined;
      rmSync(folder, { recursive: true });
    });

    async function handle(options?: AccessOptions): Promise<Ask> {
      if (kind === 'fetchHandler') {
        const answer = fetchHandler(recorder, options);
        return async (headers = {}, method = 'GET') =>
          read(await answer(new Request(url, { headers, method }), { remoteAddress: '127.0.0.1' }));
      }
      const handler = metricsHandler(recorder, options);
      application = await serveApplication((request, response) => void handler(request, response));
      const origin = `http://127.0.0.1:${application.port}`;
      return async (headers = {}, method = 'GET') => read(await fetch(`${origin}/any/path`, { headers, method }));
    }

    it('answers every path that it is handed with the metrics, GET and HEAD only', async () => {
      const ask = await handle();
      expect((await ask()).text).to.contain('\nhandled_visits_total 7\n');
      expect(await ask({}, 'HEAD')).to.include({ status: 200, text: '' });
      expect(await ask({}, 'POST')).to.include({ status: 405 });
    });

    it('lets in those who have a password or a token, and challenges everybody else', async () => {
      const ask = await handle({
        basicAuthUsers: { ada: await hash('secret', { cost: 4 }) },
        bearerTokens: ['token-1'],
      });
      const refused = await ask();
      expect(refused).to.include({ status: 401, text: 'Unauthorized\n' });
      expect(refused.challenge).to.contain('Basic realm="metrics"').and.to.contain('Bearer realm="metrics"');
      expect((await ask(basic('ada:wrong'))).status).to.equal(401);
      expect((await ask(bearer('token-2'))).status).to.equal(401);
      expect((await ask(basic('ada:secret'))).status).to.equal(200);
      expect((await ask(bearer('token-1'))).text).to.contain('handled_visits_total 7');
    });

    it('reads a file of tokens again when it changes, and keeps the old tokens where the file is wrong', async () => {
      const bearerTokensFile = join(folder, 'tokens');
      writeFileSync(bearerTokensFile, 'first\n');
      const advice: string[] = [];
      const ask = await handle({ bearerTokensFile, onAdvice: ({ message }) => advice.push(message) });
      expect((await ask(bearer('first'))).status).to.equal(200);
      writeFileSync(bearerTokensFile, 'second\n');
      await until(async () => (await ask(bearer('second'))).status === 200);
      expect((await ask(bearer('first'))).status).to.equal(401);
      writeFileSync(bearerTokensFile, 'no token!\n');
      await until(async () => {
        expect((await ask(bearer('second'))).status).to.equal(200);
        return advice.length > 0;
      });
      expect(advice[0]).to.match(new RegExp(`^${kind}: file ".*tokens" must have a bearer token in each line`));
    });

    it('refuses an address that is not allowed, and believes X-Forwarded-For only of a trusted proxy', async () => {
      const forwarded = { 'X-Forwarded-For': '10.0.0.1' };
      const allowedAddresses = ['10.0.0.0/8'];
      const strict = await handle({ allowedAddresses });
      expect(await strict(forwarded)).to.include({ status: 403, text: 'Forbidden\n' });
      await application?.close();
      const trusting = await handle({ allowedAddresses, trustProxy: ['127.0.0.1'] });
      expect((await trusting(forwarded)).status).to.equal(200);
      expect((await trusting()).status).to.equal(403);
    });

    it('limits the rate, and the scrapes in flight', async () => {
      const slow = await handle({ rateLimit: { interval: '1h', burst: 1 } });
      expect([(await slow()).status, (await slow()).status]).to.deep.equal([200, 429]);
      await application?.close();
      let finish = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const original = recorder.exposedFamilies.bind(recorder);
      let asked = 0;
      recorder.exposedFamilies = async (limits) => {
        asked++;
        await held;
        return original(limits);
      };
      const one = await handle({ maxConcurrentScrapes: 1 });
      const first = one();
      await until(() => asked === 1);
      expect((await one()).status).to.equal(503);
      finish();
      expect((await first).status).to.equal(200);
      await until(async () => (await one()).status === 200);
    });

    it('sends the security headers of MetricsServer, and those that are configured', async () => {
      const headers = { 'Strict-Transport-Security': 'max-age=60' };
      const response = await fetchHandler(recorder, { headers })(new Request(url));
      expect(response.headers.get('strict-transport-security')).to.equal('max-age=60');
      expect(response.headers.get('x-content-type-options')).to.equal('nosniff');
    });

    it('fails at its start for each wrong option, with the name of the option', () => {
      const make =
        (options: unknown, given: unknown = recorder) =>
        () =>
          kind === 'fetchHandler'
            ? fetchHandler(given as PrometheusRecorder, options as AccessOptions)
            : metricsHandler(given as PrometheusRecorder, options as AccessOptions);
      const wrong: Record<string, unknown> = {
        basicAuthUsers: { ada: 'no hash' },
        bearerTokens: [''],
        bearerTokensFile: join(folder, 'absent'),
        allowedAddresses: ['10.0.0.0/99'],
        trustProxy: 'yes',
        headers: { 'X-Frame-Options': 5 },
        rateLimit: {},
        maxConcurrentScrapes: 0,
        onAdvice: 'log',
        path: '/metrics',
        port: 9090,
        tls: {},
      };
      for (const [name, value] of Object.entries(wrong)) {
        expect(make({ [name]: value }), name)
          .to.throw(new RegExp(`^${kind}: `))
          .with.property('message')
          .that.contains(name);
      }
      expect(make({}, {})).to.throw(`${kind}: "recorder" must be a recorder`);
      expect(make('none')).to.throw(`${kind}: the options must be an object`);
    });
  });
}

describe('A handler of metrics in somebody else’s application', () => {
  const recorder = new PrometheusRecorder();
  recorder.counter(visits).inc({}, 3);

  it('answers in Express, below a path, also for a client that goes at once', async () => {
    const application = await serveApplication(express().use('/internal/metrics', metricsHandler(recorder)));
    const sent = httpRequest({ host: '127.0.0.1', port: application.port, path: '/internal/metrics' }).end();
    sent.on('error', () => undefined).destroy();
    const response = await fetch(`http://127.0.0.1:${application.port}/internal/metrics?name[]=handled_visits_total`);
    expect(await response.text()).to.contain('handled_visits_total 3');
    expect((await fetch(`http://127.0.0.1:${application.port}/metrics`)).status).to.equal(404);
    await application.close();
  });

  it('answers in Hono, and reads nothing of what a framework hands over as a second argument', async () => {
    const metrics = fetchHandler(recorder, { allowedAddresses: ['127.0.0.1'] });
    const hono = new Hono().get('/metrics', (context) => metrics(context.req.raw, { remoteAddress: '127.0.0.1' }));
    expect(await (await hono.request('/metrics')).text()).to.contain('handled_visits_total 3');
    expect((await metrics(new Request(url), { params: {} } as never)).status).to.equal(403);
    expect((await metrics(new Request(url), null as never)).status).to.equal(403);
  });
});
