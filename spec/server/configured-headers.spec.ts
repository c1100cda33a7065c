import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Scrapable } from '../../lib/index.js';
import { ask, bearer, type Question } from './ask.js';
import { type Listening, Served, servers } from './served.js';
import { Wire } from './wire.js';

const policy = "default-src 'self'; frame-ancestors https://intranet.example";
const expected = {
  'content-security-policy': policy,
  'strict-transport-security': 'max-age=60',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'sameorigin',
  'x-xss-protection': '0',
};

for (const [name, Server] of Object.entries(servers)) {
  describe(`The headers of a web-config.yml on ${name}`, () => {
    const served = new Served(Server);
    let folder: string;
    let file: string;

    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'headers-'));
      file = join(folder, 'web-config.yml');
      writeFileSync(
        file,
        `http_server_config:
  headers:
    Content-Security-Policy: ${policy}
    Strict-Transport-Security: max-age=60
    X-Frame-Options: sameorigin
    X-XSS-Protection: 0
`,
      );
    });

    after(() => rmSync(folder, { recursive: true, force: true }));
    afterEach(() => served.close());

    const token = { headers: bearer('secret') };
    const listen = (): Promise<Listening> => served.listen({ webConfigFile: file, bearerTokens: ['secret'] });

    const answers: Readonly<Record<string, readonly [path: string, question: Question, status: number]>> = {
      'a scrape': ['/metrics', token, 200],
      'a scrape by HEAD': ['/metrics', { ...token, method: 'HEAD' }, 200],
      'the landing page, whose own policy gives way': ['/', token, 200],
      'the style of the landing page': ['/-/landing.css', token, 200],
      'the script of the landing page': ['/-/landing.js', token, 200],
      'what the landing page asks for': ['/-/landing.json', token, 200],
      'a probe': ['/-/healthy', {}, 200],
      'a client without credentials': ['/', {}, 401],
      'a client with wrong credentials': ['/metrics', { headers: bearer('wrong') }, 401],
      'an unknown path': ['/unknown', token, 404],
      'another method': ['/', { ...token, method: 'POST' }, 405],
      OPTIONS: ['/metrics', { ...token, method: 'OPTIONS' }, 405],
    };
    for (const [what, [path, question, status]] of Object.entries(answers)) {
      it(`each configured header is on the answer to ${what}`, async () => {
        const { origin } = await listen();
        const { headers, status: answered } = await ask(`${origin}${path}`, question);
        expect(answered).to.equal(status);
        expect(headers).to.include(expected);
      });
    }

    it('each configured header is on the answer 500, when the metrics cannot be collected', async () => {
      const broken: Scrapable = {
        exposedFamilies: () => {
          throw new Error('no metrics');
        },
      };
      const { origin } = await served.serve(broken, { webConfigFile: file, endpointMetrics: false });
      for (const path of ['/metrics', '/']) {
        const { headers, status } = await ask(`${origin}${path}`);
        expect({ path, status }).to.deep.equal({ path, status: 500 });
        expect(headers).to.include(expected);
      }
    });

    const refusedEarly: Readonly<Record<string, readonly [status: number, head: string]>> = {
      'bytes that are not HTTP': [400, 'nonsense'],
      'a head that is too long': [431, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`],
      'a request without a host': [400, 'GET /-/healthy HTTP/1.1'],
      'an expectation that nobody knows': [417, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: much'],
    };
    for (const [what, [status, head]] of Object.entries(refusedEarly)) {
      it(`each configured header is on the answer ${status} to ${what}`, async () => {
        const { port } = await listen();
        const wire = await Wire.open(port);
        wire.send(`${head}\r\n\r\n`);
        await wire.closed;
        expect(wire.statuses).to.deep.equal([status]);
        for (const [header, value] of Object.entries(expected)) {
          expect(wire.received.toLowerCase()).to.contain(`\r\n${header}: ${value.toLowerCase()}\r\n`);
        }
      });
    }

    it('a changed header of the file replaces the old one, on the landing page too', async () => {
      const changing = join(folder, 'changing.yml');
      writeFileSync(changing, '');
      const { origin, server } = await served.listen({ webConfigFile: changing, onAdvice: () => undefined });
      const policyOf = async (path: string): Promise<unknown> =>
        (await ask(`${origin}${path}`)).headers['content-security-policy'];
      expect(await policyOf('/')).to.contain("script-src 'self'");
      expect(await policyOf('/metrics')).to.equal("default-src 'none'; frame-ancestors 'none'");
      writeFileSync(changing, 'http_server_config: {headers: {Content-Security-Policy: "sandbox"}}\n');
      await server.reload();
      for (const path of ['/', '/metrics']) expect(await policyOf(path)).to.equal('sandbox');
    });
  });
}
