import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readConfig } from './config.js';

describe('readConfig(environment)', () => {
  it('has the exporter on port 9090 and the API on port 8080 by default, on this machine only', () => {
    expect(readConfig({})).to.deep.include({
      apiHost: '127.0.0.1',
      apiPort: 8080,
      xdsPort: 18000,
      metricsHost: '127.0.0.1',
      metricsPort: 9090,
      traffic: true,
    });
  });

  it('reports every invalid variable at once', () => {
    const environment = { FLOWPLANE_API_PORT: '80a', FLOWPLANE_DEMO_TRAFFIC: 'no', FLOWPLANE_TOKENS_FILE: '/none' };
    expect(() => readConfig(environment)).to.throw(
      /^FLOWPLANE_API_PORT must be a port, .* \(given "80a"\)\.\nFLOWPLANE_TOKENS_FILE ENOENT.*\nFLOWPLANE_DEMO_TRAFFIC must be "on"/,
    );
  });

  it('refuses a time limit of 0 for the first request of a stream', () => {
    const environment = { FLOWPLANE_XDS_FIRST_REQUEST_SECONDS: '0' };
    expect(() => readConfig(environment)).to.throw('FLOWPLANE_XDS_FIRST_REQUEST_SECONDS must be more than 0 seconds');
  });

  it('requires tokens of its own without demo traffic', () => {
    expect(() => readConfig({ FLOWPLANE_DEMO_TRAFFIC: 'off' })).to.throw('FLOWPLANE_TOKENS_FILE must be given');
  });

  describe('with FLOWPLANE_TOKENS_FILE', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'tokens-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    const grantsOf = (content: unknown) => {
      writeFileSync(join(folder, 'tokens.json'), JSON.stringify(content));
      return readConfig({ FLOWPLANE_TOKENS_FILE: join(folder, 'tokens.json') }).grants;
    };

    it('reads the token hashes from the file', () => {
      const grants = [{ sha256: 'a'.repeat(64), team: 'payments', scopes: ['read'] }];
      expect(grantsOf(grants)).to.deep.equal(grants);
    });

    it('refuses a plain token, an unknown scope and an invalid team name', () => {
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
