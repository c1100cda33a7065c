import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { monitoringFolder, sampleFolder } from './paths.js';

const read = (file: string): string => readFileSync(join(monitoringFolder, 'rules', file), 'utf8');

const { check } = JSON.parse(readFileSync(join(sampleFolder, 'package.json'), 'utf8')).scripts;

describe('The rules of the sample', () => {
  it('name only what the code declares, as the dashboard does: npm run check', () => {
    const { status, stdout, stderr } = spawnSync(check, { cwd: sampleFolder, encoding: 'utf8', shell: true });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.match(/^0 errors, 0 remarks in \d+ expressions of 5 files\.\n$/);
  });

  for (const kind of ['recording', 'alerting']) {
    it(`each have a test: ${kind}.yml`, () => {
      const names = [...read(`${kind}.yml`).matchAll(/- (?:record|alert): (\S+)/g)].map(([, name]) => name as string);
      expect(names).to.have.length.above(5);
      expect(names.filter((name) => !read(`${kind}.test.yml`).includes(name))).to.deep.equal([]);
    });
  }
});
