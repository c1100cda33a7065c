import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { monitoringFolder } from '../monitoring/paths.js';
import { needs } from './needs.js';

const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { cwd: join(monitoringFolder, 'rules'), encoding: 'utf8', stdio: 'pipe' });

describe('The rules of the sample', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'promtool');
  });

  it('load as part of the configuration of Prometheus', () => {
    expect(promtool('check', 'config', '../prometheus.yml'))
      .to.contain('14 rules found')
      .and.contain('8 rules found');
  });

  for (const kind of ['recording', 'alerting']) {
    it(`pass their own tests: ${kind}.test.yml`, () => {
      expect(promtool('test', 'rules', `${kind}.test.yml`)).to.contain('SUCCESS');
    });
  }
});
