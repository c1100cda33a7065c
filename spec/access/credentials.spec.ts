import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { hash } from '@node-rs/bcrypt';
import { expect } from 'chai';

import { loadBcrypt, Passwords } from '../../lib/access/passwords.js';
import { ask, basic, bearer } from '../server/ask.js';
import { exposed, refusal, Served } from '../server/served.js';
import { until } from '../until.js';

describe('Who authenticates himself', function () {
  this.timeout(60_000);
  const served = new Served();
  afterEach(() => served.close());

  const statusOf = async (url: string, headers = {}): Promise<number> => (await ask(url, { headers })).status;

  describe('by basic authentication', () => {
    let users: Record<string, string>;

    before(async () => {
      users = {
        alice: await hash('wonderland', { cost: 4, version: '2y' }),
        bob: await hash('größe: 日本', { cost: 4, version: '2b' }),
        carol: await hash('older', { cost: 4, version: '2a' }),
      };
    });

    it('is let in with the right password, of a hash of any version', async () => {
      const { url } = await served.listen({ basicAuthUsers: users });
      const { status, body } = await ask(url, { headers: basic('alice', 'wonderland') });
      expect({ status, isExposed: body.includes(exposed) }).to.deep.equal({ status: 200, isExposed: true });
      expect(await statusOf(url, basic('bob', 'größe: 日本'))).to.equal(200);
      expect(await statusOf(url, basic('carol', 'older'))).to.equal(200);
    });

    it('takes the hashes that exporter-toolkit shows, made by htpasswd', async () => {
      const fake = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi';
      const { url } = await served.listen({ basicAuthUsers: { prometheus: fake } });
      expect(await statusOf(url, basic('prometheus', 'fakepassword'))).to.equal(200);
      expect(await statusOf(url, basic('prometheus', 'fakepasswore'))).to.equal(401);
    });

    it('is refused otherwise, told how to ask, and nothing else', async () => {
      const { url } = await served.listen({ basicAuthUsers: users });
      const wrong = [
        {},
        basic('alice', 'Wonderland'),
        basic('alice', ''),
        basic('mallory', 'wonderland'),
        basic('', 'wonderland'),
        basic('constructor', 'x'),
        { Authorization: 'Basic' },
        { Authorization: 'Basic !' },
        { Authorization: `Basic ${Buffer.from('alice').toString('base64')}` },
        { Authorization: 'Digest username="alice"' },
        bearer('wonderland'),
      ];
      for (const headers of wrong) {
        const answer = await ask(url, { headers });
        expect(answer).to.include({ status: 401, body: 'Unauthorized\n' });
        expect(answer.headers['www-authenticate']).to.equal('Basic realm="metrics", charset="UTF-8"');
      }
    });

    it('is asked for on every path but /-/healthy and /-/ready, however these are written', async () => {
      const { origin } = await served.listen({ basicAuthUsers: users });
      for (const path of ['/-/healthy', '/-/ready', '/-/healthy?x=1']) {
        expect(await statusOf(origin + path), path).to.equal(200);
      }
      const foul = [
        ...['/', '/metrics', '/nothing', '/-/healthy/', '/-/healthy/../../metrics', '//-/healthy', '/-/healthy%2f'],
        ...['/metrics#/-/healthy', 'http://x/-/healthy', 'http://x#/-/healthy', '/-/healthy;/metrics', '*'],
      ];
      for (const path of foul) {
        expect((await ask(origin, { path })).status, path).to.be.oneOf([401, 400]);
      }
    });
  });

  describe('while passwords are guessed', () => {
    const guesses = 200;
    const guessed = new Served();
    let url: string;

    before(async () => {
      const users = { prometheus: await hash('scrape me', { cost: 10, version: '2y' }) };
      ({ url } = await guessed.listen({ basicAuthUsers: users }));
      expect(await statusOf(url, basic('prometheus', 'scrape me'))).to.equal(200);
    });

    after(() => guessed.close());

    it('goes on, and so does the service: comparisons are off the event loop, one at a time, in a bounded queue', async () => {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const flood = Array.from({ length: guesses }, (_, i) => statusOf(url, basic('prometheus', `guess ${i}`)));
      const began = performance.now();
      const scraped = await statusOf(url, basic('prometheus', 'scrape me'));
      const seconds = (performance.now() - began) / 1000;
      const statuses = await Promise.all(flood);
      delay.disable();
      const refused = statuses.filter((status) => status === 429).length;
      const compared = statuses.filter((status) => status === 401).length;
      console.log(
        `      ${compared} compared and ${refused} refused; loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(1)} ms; the scrape took ${(seconds * 1000).toFixed(0)} ms`,
      );
      expect(scraped).to.equal(200);
      expect(compared + refused).to.equal(guesses);
      expect(refused).to.be.above(guesses / 2);
      // On the event loop, the comparisons alone would have taken it for this long; each is some 60 ms.
      expect(delay.percentile(50) / 1e6).to.be.below(30);
    });

    it('says when to come back', async () => {
      const flood = Array.from({ length: 40 }, (_, i) => ask(url, { headers: basic('prometheus', `again ${i}`) }));
      const refused = (await Promise.all(flood)).find(({ status }) => status === 429);
      expect(refused?.headers['retry-after']).to.equal('1');
      expect(refused?.body).to.equal('Too Many Requests\n');
    });

    it('takes as long for a name that nobody has', async () => {
      const seconds = async (user: string): Promise<number> => {
        const taken: number[] = [];
        for (let i = 0; i < 5; i++) {
          const began = performance.now();
          await statusOf(url, basic(user, `timing ${i}`));
          taken.push(performance.now() - began);
        }
        return taken.sort((a, b) => a - b)[2] as number;
      };
      const [known, unknown] = [await seconds('prometheus'), await seconds('stranger')];
      // Without a comparison it would be some hundred times faster.
      expect(unknown).to.be.above(known / 4);
    });
  });

  describe('is compared', () => {
    const computed: string[] = [];
    let passwords: Passwords;

    before(async () => {
      const verify = await loadBcrypt();
      const users = new Map([['alice', await hash('wonderland', { cost: 4 })]]);
      passwords = new Passwords(users, (password, stored) => {
        computed.push(password);
        return verify(password, stored);
      });
    });

    afterEach(() => {
      computed.length = 0;
    });

    it('once for the same credentials, right or wrong, of a known name or not, at the same time or later', async () => {
      for (const [user, password] of [
        ['alice', 'wonderland'],
        ['alice', 'wrong'],
        ['nobody', 'wonderland'],
      ] as const) {
        const found = await Promise.all(Array.from({ length: 50 }, () => passwords.check(user, password)));
        found.push(await passwords.check(user, password));
        expect(new Set(found)).to.deep.equal(
          new Set([password === 'wonderland' && user === 'alice' ? 'right' : 'wrong']),
        );
      }
      expect(computed).to.deep.equal(['wonderland', 'wrong', 'wonderland']);
    });

    it('once for the right ones even after any number of wrong ones', async () => {
      for (let i = 0; i < 1200; i++) expect(await passwords.check('alice', `${i}`)).to.equal('wrong');
      expect(await passwords.check('alice', 'wonderland')).to.equal('right');
      expect(computed).not.to.contain('wonderland');
      expect(await passwords.check('alice', '0')).to.equal('wrong');
      expect(computed.filter((password) => password === '0')).to.have.length(2);
    });
  });

  describe('by a bearer token', () => {
    const [old, fresh] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210'];

    it('is let in with any of them', async () => {
      const { url } = await served.listen({ bearerTokens: [old, fresh] });
      expect(await statusOf(url, bearer(old))).to.equal(200);
      expect(await statusOf(url, { authorization: `bearer ${fresh}` })).to.equal(200);
    });

    it('is refused otherwise, and told how to ask', async () => {
      const { url } = await served.listen({ bearerTokens: [old] });
      for (const headers of [{}, bearer(fresh), bearer(old.slice(1)), bearer(`${old}x`), bearer(''), basic(old, old)]) {
        const answer = await ask(url, { headers });
        expect(answer).to.include({ status: 401, body: 'Unauthorized\n' });
        expect(answer.headers['www-authenticate']).to.equal('Bearer realm="metrics"');
      }
    });

    it('from a file, which is read again when the tokens are rotated', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
      const file = join(folder, 'tokens');
      writeFileSync(file, `# rotated monthly\n${old}\n\n`);
      const { url } = await served.listen({ bearerTokensFile: file });
      expect(await statusOf(url, bearer(old))).to.equal(200);
      expect(await statusOf(url, bearer('#'))).to.equal(401);
      writeFileSync(file, `${fresh}\n`);
      await until(async () => (await statusOf(url, bearer(old))) === 401);
      expect(await statusOf(url, bearer(fresh))).to.equal(200);
      writeFileSync(file, '# none\n');
      const { message } = await refusal({ bearerTokensFile: file });
      rmSync(folder, { recursive: true });
      expect(message).to.contain('must have a bearer token in each line (given no token)');
    });

    it('or by a password, where both are configured', async () => {
      const basicAuthUsers = { alice: await hash('wonderland', { cost: 4 }) };
      const { url } = await served.listen({ basicAuthUsers, bearerTokens: [old] });
      expect(await statusOf(url, bearer(old))).to.equal(200);
      expect(await statusOf(url, basic('alice', 'wonderland'))).to.equal(200);
      const { headers } = await ask(url);
      expect(headers['www-authenticate']).to.equal('Basic realm="metrics", charset="UTF-8", Bearer realm="metrics"');
    });
  });
});
