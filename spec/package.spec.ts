import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { version } from '../lib/version.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const subpaths = Object.keys(manifest.exports)
  .filter((subpath) => !subpath.endsWith('.json'))
  .map((subpath) => subpath.replace('.', 'flowplane-metrics'));

/** What a program prints that runs in a process of its own. */
function printed(script: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' });
}

describe('The package', () => {
  it('has no hard dependencies, and ships only dist/lib and the documents', () => {
    expect(manifest.dependencies).to.equal(undefined);
    expect(manifest.files).to.deep.equal([
      ...['dist/lib', 'docs', 'samples/hello.mjs', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
      ...['SECURITY.md', 'THIRD-PARTY-NOTICES'],
    ]);
  });

  it('exports its own version', () => {
    expect(version).to.equal(manifest.version);
  });

  it('names every peer as optional', () => {
    expect(Object.keys(manifest.peerDependenciesMeta)).to.have.members(Object.keys(manifest.peerDependencies));
  });

  for (const subpath of subpaths) {
    it(`exports ${subpath} to import and to require()`, async () => {
      const imported = await import(subpath);
      expect(createRequire(import.meta.url)(subpath)).to.have.all.keys(Object.keys(imported));
    });
  }

  it('loads no peer, starts nothing and prints nothing on import', () => {
    const script = `
      import { createRequire } from 'node:module';
      const started = () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate' && name !== 'PipeWrap');
      for (const subpath of ${JSON.stringify(subpaths)}) await import(subpath);
      const peers = Object.keys(createRequire(process.cwd() + '/any.js').cache);
      await new Promise(setImmediate);
      console.log(JSON.stringify({ peers, started: started() }));`;
    expect(JSON.parse(printed(script))).to.deep.equal({ peers: [], started: [] });
  });
});
