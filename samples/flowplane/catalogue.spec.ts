import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('The catalogue in the README', () => {
  it('is what the control plane declares', () => {
    const check = ['catalogue', 'dist/samples/flowplane/control-plane.js', '--check', 'samples/flowplane/README.md'];
    const { status, stderr } = spawnSync(process.execPath, ['dist/lib/cli/main.js', ...check], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  });
});
