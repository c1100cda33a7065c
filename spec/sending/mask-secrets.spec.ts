import { expect } from 'chai';
import { maskSecrets } from '../../lib/sending/mask-secrets.js';

describe('A text in which the secrets of a request are masked', () => {
  const basic = `Basic ${Buffer.from('ada:pass word"1').toString('base64')}`;
  const cases: readonly (readonly [headers: Readonly<Record<string, string>>, text: string, masked: string])[] = [
    [{ Authorization: 'Bearer s3cret-1' }, 'bad token "Bearer s3cret-1"', 'bad token "***"'],
    [{ Authorization: 'Bearer s3cret-1' }, 'bad token s3cret-1, a bearer', 'bad token ***, a bearer'],
    [{ Authorization: basic }, `no login ${basic.slice(6)} of ada:pass word"1`, 'no login *** of ***'],
    [{ Authorization: basic }, '{"password":"pass word\\"1"}', '{"password":"***"}'],
    [{ 'X-Key': 'a/b=cd' }, 'key=a%2Fb%3Dcd', 'key=***'],
    [{ Cookie: 'session=abcdef; theme=dark' }, 'session=abcdef', '***'],
    [{ 'X-Scope-OrgID': 'a' }, 'a tenant', 'a tenant'],
    [{}, 'as it is', 'as it is'],
  ];
  for (const [headers, text, masked] of cases) {
    it(`has ${JSON.stringify(masked)} for ${JSON.stringify(text)}`, () => {
      expect(maskSecrets(text, { url: new URL('http://a'), headers })).to.equal(masked);
    });
  }

  it('has no value of a query, as it was given and as it was read', () => {
    const url = new URL('http://a/push?key=a%2Fb%3Dcd&v=1');
    expect(maskSecrets('/push?key=a%2Fb%3Dcd&v=1: no key a/b=cd', { url, headers: {} })).to.equal(
      '/push?key=***&v=1: no key ***',
    );
  });
});
