import { execFileSync } from 'node:child_process';
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

  it('has at most 1,500 kB, and 5,400 kB unpacked (after many renames, run npm run clean first)', () => {
    expect(packed.size).to.be.within(100_000, 1_500_000);
    expect(packed.unpackedSize).to.be.at.most(5_400_000);
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
    expect(links.filter(({ to }) => !paths.includes(to))).to.deep.equal([]);
  });
});
