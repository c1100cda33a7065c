import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { isExternal, readDocument, resolveLink } from './documents/documents.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm pack` says of the tarball that it would make. */
interface Packed {
  /** Bytes of the tarball. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

describe('The tarball', function () {
  this.timeout(120_000);
  let packed: Packed;

  before(() => {
    // Why without scripts: they would build again, under the feet of the other specs.
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    [packed] = JSON.parse(
      execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  });

  it('has at most 1,900 kB, and 7,000 kB unpacked (after many renames, run npm run clean first)', () => {
    expect(packed.size).to.be.within(100_000, 1_900_000);
    expect(packed.unpackedSize).to.be.at.most(7_000_000);
  });

  it('has the licence, the documents and every entry', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).to.include.members([
      ...['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'THIRD-PARTY-NOTICES'],
      ...['docs/README.md', 'docs/reference/options.md', 'dist/types/index.d.ts', 'lib/index.ts'],
      ...['dist/node/index.cjs', 'dist/node/index.mjs', 'dist/node/flowplane-metrics.cjs', 'dist/bundler/index.js'],
    ]);
    expect(
      paths.filter((path) => /^(spec|samples|bench|build|dist\/(?!(bundler|node|types)\/))/.test(path)),
    ).to.deep.equal(['samples/hello.mjs']);
  });

  it('has the license of uPlot, which is in the script of the page for people', () => {
    const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES'), 'utf8');
    const license = readFileSync(join(root, 'node_modules/uplot/LICENSE'), 'utf8');
    expect(notices).to.contain(license.trim());
  });

  it('has every file that its documents link to', () => {
    const paths = packed.files.map(({ path }) => path);
    const links = paths
      .filter((path) => path.endsWith('.md'))
      .map(readDocument)
      .flatMap((document) =>
        document.links
          .filter(({ target }) => !isExternal(target))
          .map(({ target, line }) => ({ from: `${document.path}:${line}`, to: resolveLink(document, target).path })),
      );
    expect(links.length).to.be.above(100);
    // Why not the pictures: they are for readers of the repository, and would be a fifth of the tarball.
    const isLeftOut = (to: string): boolean => to.startsWith('docs/pictures/');
    expect(links.filter(({ to }) => !paths.includes(to) && !isLeftOut(to))).to.deep.equal([]);
    expect(paths.filter(isLeftOut)).to.deep.equal([]);
  });
});
