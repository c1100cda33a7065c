import { expect } from 'chai';
import { forwardedScheme, schemeOfConnection } from '../../lib/http/request-scheme.js';

const request = (headers: Record<string, string | string[]> = {}, encrypted?: boolean) => ({
  headers,
  socket: encrypted === undefined ? {} : { encrypted },
});

describe('schemeOfConnection(request)', () => {
  it('tells http, and https of an encrypted connection, whatever the headers say', () => {
    expect(schemeOfConnection(request({ 'x-forwarded-proto': 'https' }))).to.equal('http');
    expect(schemeOfConnection(request({}, true))).to.equal('https');
    expect(schemeOfConnection({ headers: {}, socket: null })).to.equal('http');
  });
});

describe('forwardedScheme(request)', () => {
  const rows: readonly (readonly [headers: Record<string, string | string[]>, scheme: string])[] = [
    [{}, 'http'],
    [{ 'x-forwarded-proto': 'https' }, 'https'],
    [{ 'x-forwarded-proto': 'HTTPS, http' }, 'https'],
    [{ 'x-forwarded-proto': ['https', 'http'] }, 'https'],
    [{ 'x-forwarded-proto': '' }, 'http'],
    [{ 'x-forwarded-proto': 'wss' }, '_OTHER'],
    [{ forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' }, 'https'],
    [{ forwarded: 'proto="https", proto=http' }, 'https'],
    [{ forwarded: 'for="_a,b";proto=https, proto=http' }, 'https'],
    [{ forwarded: 'for=192.0.2.60', 'x-forwarded-proto': 'https' }, 'https'],
    [{ forwarded: 'proto=http', 'x-forwarded-proto': 'https' }, 'http'],
  ];
  for (const [headers, scheme] of rows) {
    it(`reads ${scheme} from ${JSON.stringify(headers)}`, () => {
      expect(forwardedScheme(request(headers))).to.equal(scheme);
    });
  }
});
