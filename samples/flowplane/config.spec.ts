import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { configFrom } from './config.js';

describe('configFrom(environment)', () => {
  it('has defaults', () => {
    expect(configFrom({})).to.deep.include({
      apiPort: 8080,
      metricsHost: '127.0.0.1',
      metricsPort: 9090,
      traffic: true,
    });
  });

  it('names every variable that is wrong', () => {
    const environment = { FLOWPLANE_API_PORT: '80a', FLOWPLANE_DEMO_TRAFFIC: 'no', FLOWPLANE_TOKENS_FILE: '/none' };
    expect(() => configFrom(environment)).to.throw(
      /^FLOWPLANE_API_PORT must be a port, .* \(given "80a"\)\.\nFLOWPLANE_TOKENS_FILE ENOENT.*\nFLOWPLANE_DEMO_TRAFFIC must be "on"/,
    );
  });

  it('gives a stream some time for its first request', () => {
    const environment = { FLOWPLANE_XDS_FIRST_REQUEST_SECONDS: '0' };
    expect(() => configFrom(environment)).to.throw('FLOWPLANE_XDS_FIRST_REQUEST_SECONDS must be more than 0 seconds');
  });

  it('has no tokens that everybody knows where it is in earnest', () => {
    expect(() => configFrom({ FLOWPLANE_DEMO_TRAFFIC: 'off' })).to.throw('FLOWPLANE_TOKENS_FILE must be given');
  });

  describe('with FLOWPLANE_TOKENS_FILE', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'tokens-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    const grantsOf = (content: unknown) => {
      writeFileSync(join(folder, 'tokens.json'), JSON.stringify(content));
      return configFrom({ FLOWPLANE_TOKENS_FILE: join(folder, 'tokens.json') }).grants;
    };

    it('takes the hashes in it', () => {
      const grants = [{ sha256: 'a'.repeat(64), team: 'payments', scopes: ['read'] }];
      expect(grantsOf(grants)).to.deep.equal(grants);
    });

    it('refuses a token that is not hashed, a scope that does not exist, and a team that no path could name', () => {
      const grant = { sha256: 'a'.repeat(64), team: 'payments', scopes: ['read'] };
      for (const wrong of [
        { ...grant, sha256: 'secret' },
        { ...grant, scopes: ['root'] },
        { ...grant, team: 'Payments' },
        null,
      ]) {
        expect(() => grantsOf([wrong])).to.throw('FLOWPLANE_TOKENS_FILE must be a JSON file');
      }
    });
  });
});
