import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../../../spec/needs.js';
import { monitoring } from './files.js';

const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { cwd: join(monitoring, 'rules'), encoding: 'utf8', stdio: 'pipe' });

const read = (file: string): string => readFileSync(join(monitoring, 'rules', file), 'utf8');

describe('The rules of the sample', function () {
  this.timeout(30_000);

  before(function () {
    needs(this, 'promtool');
  });

  it('are a configuration that Prometheus takes', () => {
    expect(promtool('check', 'config', '../prometheus.yml'))
      .to.contain('14 rules found')
      .and.contain('8 rules found');
  });

  for (const kind of ['recording', 'alerting']) {
    it(`for ${kind} do what their tests say`, () => {
      expect(promtool('test', 'rules', `${kind}.test.yml`)).to.contain('SUCCESS');
    });

    it(`for ${kind} have a test each`, () => {
      const names = [...read(`${kind}.yml`).matchAll(/- (?:record|alert): (\S+)/g)].map(([, name]) => name as string);
      const untested = names.filter((name) => !read(`${kind}.test.yml`).includes(name));
      expect(untested).to.deep.equal([]);
    });
  }
});
