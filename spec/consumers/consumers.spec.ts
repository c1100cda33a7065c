import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { consumers, folder } from './consumers.js';
import { matrix, readMatrix } from './matrix.js';

describe('The projects in samples/consumers', () => {
  it('stand in docs/reference/compatibility.md with the versions of their lockfiles (npm run consumers -- --write)', () => {
    expect(readMatrix()).to.equal(matrix(consumers(), () => true));
  });

  it('have in their lockfiles no hash of the library itself, which would change with each commit', () => {
    for (const { name } of consumers()) {
      expect(readFileSync(join(folder, name, 'package-lock.json'), 'utf8'), name).to.not.contain('flowplane-metrics');
    }
  });

  it('say what they are, and for which runtimes', () => {
    for (const { name, title, runtimes, versions } of consumers()) {
      expect(title, name).to.be.a('string').and.not.be.empty;
      expect(runtimes, name).to.not.be.empty;
      expect([...versions.values()], name).to.not.include('absent');
    }
  });
});
