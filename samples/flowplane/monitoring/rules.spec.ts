import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { monitoringFolder } from './paths.js';

const read = (file: string): string => readFileSync(join(monitoringFolder, 'rules', file), 'utf8');

describe('The rules of the sample', () => {
  for (const kind of ['recording', 'alerting']) {
    it(`each have a test: ${kind}.yml`, () => {
      const names = [...read(`${kind}.yml`).matchAll(/- (?:record|alert): (\S+)/g)].map(([, name]) => name as string);
      expect(names).to.have.length.above(5);
      expect(names.filter((name) => !read(`${kind}.test.yml`).includes(name))).to.deep.equal([]);
    });
  }
});
