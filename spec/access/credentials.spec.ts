import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hash } from '@node-rs/bcrypt';
import { expect } from 'chai';
import { loadBcrypt, Passwords } from '../../lib/access/passwords.js';
import { ask, basic, bearer } from '../server/ask.js';
import { exposed, refusal, Served } from '../server/served.js';
import { until } from '../until.js';

describe('A metrics server with credentials', () => {
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

    it('accepts the right password for a bcrypt hash of any version', async () => {
      const { url } = await served.listen({ basicAuthUsers: users });
      const { status, body } = await ask(url, { headers: basic('alice', 'wonderland') });
      expect({ status, isExposed: body.includes(exposed) }).to.deep.equal({ status: 200, isExposed: true });
      expect(await statusOf(url, basic('bob', 'größe: 日本'))).to.equal(200);
      expect(await statusOf(url, basic('carol', 'older'))).to.equal(200);
    });

    it('accepts hashes that htpasswd made, as exporter-toolkit shows them', async () => {
      const fake = '$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi';
      const { url } = await served.listen({ basicAuthUsers: { prometheus: fake } });
      expect(await statusOf(url, basic('prometheus', 'fakepassword'))).to.equal(200);
      expect(await statusOf(url, basic('prometheus', 'fakepasswore'))).to.equal(401);
    });

    it('answers 401 with a challenge, and without metrics, to wrong credentials', async () => {
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

    it('requires credentials on every path but /-/healthy and /-/ready, however these are written', async () => {
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
    it('answers a scrape with the right password, and 429 with Retry-After when the queue is full', async () => {
      const users = { prometheus: await hash('scrape me', { cost: 9, version: '2y' }) };
      const { url } = await served.listen({ basicAuthUsers: users });
      expect(await statusOf(url, basic('prometheus', 'scrape me'))).to.equal(200);
      const flood = Array.from({ length: 60 }, (_, i) => ask(url, { headers: basic('prometheus', `guess ${i}`) }));
      expect(await statusOf(url, basic('prometheus', 'scrape me'))).to.equal(200);
      const answers = await Promise.all(flood);
      const refused = answers.filter(({ status }) => status === 429);
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([401, 429]));
      expect(new Set(refused.map(({ headers }) => headers['retry-after']))).to.deep.equal(new Set(['1']));
      expect(new Set(refused.map(({ body }) => body))).to.deep.equal(new Set(['Too Many Requests\n']));
    });

    it('leaves the event loop free during a comparison', async () => {
      const verify = await loadBcrypt();
      const stored = await hash('wonderland', { cost: 10 });
      let isCompared = false;
      const comparing = verify('wonderland', stored).then(() => {
        isCompared = true;
      });
      let turns = 0;
      for (; !isCompared; turns++) await setImmediate();
      await comparing;
      // On the event loop, the comparison would be over after one turn.
      expect(turns).to.be.above(10);
    });

    it('compares one password at a time, and lets 20 others wait', async () => {
      const waiting: (() => void)[] = [];
      const users = new Map([['alice', 'the hash of alice']]);
      const passwords = new Passwords(users, async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return false;
      });
      const found = Array.from({ length: 30 }, (_, i) => passwords.check('alice', `guess ${i}`));
      for (let compared = 0; compared < 21; compared++) {
        await until(() => waiting.length > 0);
        expect(waiting).to.have.length(1);
        waiting.pop()?.();
      }
      const results = await Promise.all(found);
      expect(results.filter((one) => one === 'wrong')).to.have.length(21);
      expect(results.filter((one) => one === 'busy')).to.have.length(9);
    });

    it('compares an unknown name with the hash of a known one, so that time reveals no name', async () => {
      const stored: string[] = [];
      const users = new Map([['alice', 'the hash of alice']]);
      const passwords = new Passwords(users, async (_password, one) => {
        stored.push(one);
        return true;
      });
      expect(await passwords.check('stranger', 'wonderland')).to.equal('wrong');
      expect(stored).to.deep.equal(['the hash of alice']);
    });
  });

  describe('that compares passwords', () => {
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

    it('compares the same credentials once, right or wrong, at the same time or later', async () => {
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

    it('compares the right credentials once, even after any number of wrong ones', async () => {
      for (let i = 0; i < 1200; i++) expect(await passwords.check('alice', `${i}`)).to.equal('wrong');
      expect(await passwords.check('alice', 'wonderland')).to.equal('right');
      expect(computed).not.to.contain('wonderland');
      expect(await passwords.check('alice', '0')).to.equal('wrong');
      expect(computed.filter((password) => password === '0')).to.have.length(2);
    });
  });

  describe('by a bearer token', () => {
    const [old, fresh] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210'];

    it('accepts any of the configured tokens', async () => {
      const { url } = await served.listen({ bearerTokens: [old, fresh] });
      expect(await statusOf(url, bearer(old))).to.equal(200);
      expect(await statusOf(url, { authorization: `bearer ${fresh}` })).to.equal(200);
    });

    it('answers 401 with a challenge to a wrong token', async () => {
      const { url } = await served.listen({ bearerTokens: [old] });
      for (const headers of [{}, bearer(fresh), bearer(old.slice(1)), bearer(`${old}x`), bearer(''), basic(old, old)]) {
        const answer = await ask(url, { headers });
        expect(answer).to.include({ status: 401, body: 'Unauthorized\n' });
        expect(answer.headers['www-authenticate']).to.equal('Bearer realm="metrics"');
      }
    });

    it('reads tokens from a file, and reads it again when the tokens are rotated', async () => {
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

    it('accepts either a token or a password when both are configured', async () => {
      const basicAuthUsers = { alice: await hash('wonderland', { cost: 4 }) };
      const { url } = await served.listen({ basicAuthUsers, bearerTokens: [old] });
      expect(await statusOf(url, bearer(old))).to.equal(200);
      expect(await statusOf(url, basic('alice', 'wonderland'))).to.equal(200);
      const { headers } = await ask(url);
      expect(headers['www-authenticate']).to.equal('Basic realm="metrics", charset="UTF-8", Bearer realm="metrics"');
    });
  });
});
