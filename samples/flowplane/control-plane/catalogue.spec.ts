import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const sampleFolder = fileURLToPath(new URL('../../', import.meta.url));
const manifestFile = createRequire(import.meta.url).resolve('flowplane-metrics/package.json');
const cli = join(dirname(manifestFile), createRequire(import.meta.url)(manifestFile).bin['flowplane-metrics']);

describe('The table of metrics in the README of the sample', () => {
  it('lists every metric that the control plane declares', () => {
    const args = [cli, 'catalogue', 'dist/control-plane/control-plane.js', '--check', 'README.md'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: sampleFolder, encoding: 'utf8' });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  });
});
