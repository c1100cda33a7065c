import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { findSensitivePattern, type SensitivePattern } from '../../lib/store/redaction.js';

// The examples of each format's own documentation, or made to its published shape. None of them opens anything.
const sensitive: Readonly<Record<SensitivePattern, readonly string[]>> = {
  email: [
    'simple@example.com',
    'very.common@example.com',
    'first.last+tag@sub.example.co.uk',
    "o'brien@example.org",
    'postgres://admin:hunter2@db.example.com/main',
    'Ada Lovelace <ada@example.com>',
    'dörte@sörensen.example.com',
  ],
  jwt: [
    // RFC 7519, section 3.1.
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    // RFC 7519, section 6.1: unsecured, so that the signature is empty.
    'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.',
    // RFC 7516, appendix A.1, cut short: encrypted.
    'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4.XFBoMYUZodetZdvTiFvSkQ',
  ],
  bearer: [
    'Bearer mF_9.B5f-4.1JqM', // RFC 6750, section 2.1
    'authorization: bearer 2YotnFZFEjr1zCsicMWpAA',
    'Bearer YWxhZGRpbjpvcGVuc2VzYW1l1==',
  ],
  api_key: [
    `sk-${'aB3'.repeat(16)}`,
    `sk-proj-${'aB3_'.repeat(12)}`,
    `sk-ant-api03-${'aB3_'.repeat(20)}-AA`,
    'sk_test_4eC39HqLyjWDarjtT1zdp7dc', // Stripe, "API keys"
    'rk_live_4eC39HqLyjWDarjtT1zdp7dc',
    `ghp_${'a1B2'.repeat(9)}`,
    `gho_${'a1B2'.repeat(9)}`,
    `github_pat_11ABCDEFG0${'a1B2'.repeat(12)}`,
    `glpat-${'a1B2'.repeat(5)}`,
    'AKIAIOSFODNN7EXAMPLE', // AWS, "Managing access keys"
    'ASIAIOSFODNN7EXAMPLE',
    'xoxb-not-a-real-token-0123456789',
    `xapp-1-${'A0B1'.repeat(6)}`,
    `AIza${'a-B_1'.repeat(7)}`,
    `npm_${'a1B2'.repeat(9)}`,
    `SG.${'a1'.repeat(11)}.${'b2'.repeat(21)}c`,
    `hvs.${'a1B2'.repeat(6)}`,
    `dop_v1_${'0a'.repeat(32)}`,
    `shpat_${'0a'.repeat(16)}`,
    `url?key=ghp_${'a1B2'.repeat(9)}&x=1`,
  ],
  private_key: [
    '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg', // RFC 7468, section 10
    '-----BEGIN RSA PRIVATE KEY-----',
    '-----BEGIN EC PRIVATE KEY-----',
    '-----BEGIN ENCRYPTED PRIVATE KEY-----',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    '-----BEGIN PGP PRIVATE KEY BLOCK-----', // RFC 9580, section 6.2
  ],
  payment_card: [
    // The numbers that issuers and payment services publish for tests.
    '4111111111111111',
    '4111 1111 1111 1111',
    '4242-4242-4242-4242',
    '5555555555554444',
    '2223003122003222',
    '378282246310005',
    '3782 822463 10005',
    '6011111111111117',
    '3530111333300000',
    '30569309025904',
    '6200000000000005',
    'card 4000056655665556 declined',
    '4000002760003184',
  ],
};

const harmless = [
  ...['payments', 'GET', '200', 'eu-west-1', '/api/v1/teams/:team', 'true', 'ünïcode', '', ' ', 'v1.2.3-rc.4+build.5'],
  ...['@flowplane/metrics@1.2.3', 'react@18.2.0', 'user@host', '@team', 'team@', 'a@b', 'root@localhost'],
  ...['eyJ', 'eyJhbGciOiJIUzI1NiJ9', 'keyJack.smith.json', 'bearer', 'Bearer authentication', 'ringbearer 12345678'],
  ...['sk-bratislava-production-cluster-01', 'task-list', 'risk-analysis-of-the-whole-department', 'ghp_short'],
  ...['AKIA', 'akiaiosfodnn7example', 'XAKIAIOSFODNN7EXAMPLE', 'xoxo-hugs', 'npm_config_cache', 'SG.com', 'hvs.local'],
  ...['-----BEGIN CERTIFICATE-----', '-----BEGIN PUBLIC KEY-----', 'BEGIN PRIVATE KEY'],
  ...['4111111111111112', '4111-1111 1111-1111', '1111111111111117', '9999999999999995', '411111111111111'],
  ...['0.4111111111111111', 'x4111111111111111', '4111111111111111x', '41111111111111110000', '4111111111111111.5'],
  ...['4006381333931', '978-3-16-148410-0', '20261123125959', '2026-11-23T12:59:59.000Z', '10.0.0.1:8080', '::1'],
];

describe('findSensitivePattern(text)', () => {
  for (const [pattern, values] of Object.entries(sensitive)) {
    for (const value of values) {
      it(`finds ${pattern} in ${JSON.stringify(value.slice(0, 60))}`, () => {
        expect(findSensitivePattern(value)).to.equal(pattern);
      });
    }
  }

  for (const value of harmless) {
    it(`finds no pattern in ${JSON.stringify(value)}`, () => {
      expect(findSensitivePattern(value)).to.equal(undefined);
    });
  }

  describe('on usual label values', function () {
    this.timeout(600_000);
    // A developer is not kept waiting.
    const many = process.env['CI'] === 'true' ? 1_000_000 : 20_000;
    const upTo = (most: number): number => Math.floor(Math.random() * most);
    const snowflake = (epoch: number): string =>
      String((BigInt(Date.now() - epoch - upTo(3e11)) << 22n) + BigInt(upTo(2 ** 22)));
    const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    const made: Readonly<Record<string, () => string>> = {
      UUIDs: randomUUID,
      ULIDs: () => Array.from(randomBytes(26), (byte) => crockford[byte & 31]).join(''),
      "Twitter's snowflakes": () => snowflake(1288834974657),
      "Discord's snowflakes": () => snowflake(1420070400000),
      'milliseconds since the epoch': () => String(upTo(3e12)),
      'microseconds since the epoch': () => String(1e15 + upTo(1e15)),
      versions: () => `v${upTo(100)}.${upTo(100)}.${upTo(1e4)}-rc.${upTo(100)}+${randomBytes(4).toString('hex')}`,
      hostnames: () => `ip-${upTo(256)}-${upTo(256)}.eu-west-${upTo(4)}.compute-${upTo(1e9)}.internal:${upTo(65536)}`,
      'ISO dates': () => new Date(Math.random() * 4e12).toISOString(),
      'hex digests': () => createHash('sha256').update(randomBytes(8)).digest('hex'),
    };
    for (const [what, make] of Object.entries(made)) {
      it(`finds no pattern in ${many} ${what}`, () => {
        for (let i = 0; i < many; i++) {
          const value = make();
          const pattern = findSensitivePattern(value);
          if (pattern !== undefined) expect.fail(`${pattern} in ${value}`);
        }
      });
    }

    it('finds a card in at most 3 % of random 16-digit numbers', () => {
      let found = 0;
      for (let i = 0; i < many; i++) {
        if (findSensitivePattern(String(1e15 + upTo(9e15))) !== undefined) found++;
      }
      expect(found / many).to.be.below(0.03);
    });
  });

  it('takes a time at most proportional to the length of a text, for any text', () => {
    const repeated = [
      'a@',
      'eyJ-',
      'a@b.',
      'bearer ',
      '-----BEGIN ',
      '1234-',
      '4',
      'sk-a-',
      '4111 ',
      'sk_live_',
      'xox',
    ];
    for (const part of repeated) {
      // Why the time of the processor: on a busy machine a clock on the wall measures the others as well.
      const cost = (length: number): number => {
        const text = part.repeat(length / part.length);
        const times = Array.from({ length: 5 }, () => {
          const began = process.cpuUsage();
          for (let i = 0; i < 4 * (16_384 / length); i++) findSensitivePattern(text);
          const { user, system } = process.cpuUsage(began);
          return user + system;
        });
        return Math.min(...times);
      };
      cost(1024);
      // For as many characters in texts of sixteen times the length: as much in proportion, 16 times as much in its square.
      // Why the least of several: a square is never below 6, and another process can slow down one of two measurements.
      let ratio = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < 10 && ratio >= 6; attempt++) ratio = Math.min(ratio, cost(16_384) / cost(1024));
      expect(ratio, part).to.be.below(6);
    }
  });
});
