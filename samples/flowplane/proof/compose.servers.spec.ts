import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { monitoringFolder } from '../monitoring/paths.js';
import { needs } from './needs.js';

describe('Docker Compose', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'docker-compose');
  });

  it('reads compose.yaml and finds its three services', () => {
    const args = ['-f', join(monitoringFolder, 'compose.yaml'), 'config', '--services'];
    const services = execFileSync('docker-compose', args, { encoding: 'utf8', stdio: 'pipe' });
    expect(services.trim().split('\n')).to.have.members(['control-plane', 'prometheus', 'grafana']);
  });
});
