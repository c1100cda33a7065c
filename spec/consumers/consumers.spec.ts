import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { consumers, folder } from './consumers.js';
import { matrix, mostSeconds, readMatrix, readSeconds } from './matrix.js';

describe('The projects in samples/consumers', () => {
  it('stand in docs/reference/compatibility.md with the versions of their lockfiles (npm run consumers -- --write)', () => {
    expect(readMatrix()).to.equal(matrix(consumers(), () => true, readSeconds));
  });

  it('give their first number within two minutes of npm install, as the last run of all measured', () => {
    for (const consumer of consumers()) {
      expect(readSeconds(consumer), consumer.name).to.be.a('number').and.be.within(1, mostSeconds);
    }
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
