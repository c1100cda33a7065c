import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { version } from '../lib/version.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const subpaths = Object.keys(manifest.exports)
  .filter((subpath) => !subpath.endsWith('.json'))
  .map((subpath) => subpath.replace('.', 'flowplane-metrics'));

/** What a program prints that runs in a process of its own. */
function printed(script: string, ...options: readonly string[]): string {
  const given = [...options, '--input-type=module', '-e', script];
  return execFileSync(process.execPath, given, { cwd: root, encoding: 'utf8' });
}

describe('The package', () => {
  it('has no hard dependencies, and ships only its bundles, its types, its sources and the documents', () => {
    expect(manifest.dependencies).to.equal(undefined);
    expect(manifest.files).to.deep.equal([
      ...[
        'dist/bundler',
        'dist/node',
        'dist/types',
        'lib',
        'docs',
        '!docs/pictures',
        'samples/hello.mjs',
        'ARCHITECTURE.md',
        'CHANGELOG.md',
      ],
      ...['CONTRIBUTING.md', 'SECURITY.md', 'THIRD-PARTY-NOTICES'],
    ]);
  });

  it('exports its own version', () => {
    expect(version).to.equal(manifest.version);
  });

  it('names every peer as optional', () => {
    expect(Object.keys(manifest.peerDependenciesMeta)).to.have.members(Object.keys(manifest.peerDependencies));
  });

  describe('loaded twice', () => {
    let compared: Readonly<Record<string, string>>;

    // Why all in one process: to start one takes longer than to load an entry.
    before(() => {
      const script = `
        import { createRequire } from 'node:module';
        const compared = {};
        for (const subpath of ${JSON.stringify(subpaths)}) {
          const imported = await import(subpath);
          const required = createRequire(process.cwd() + '/any.js')(subpath);
          const names = Object.keys(imported);
          compared[subpath] = [names.length > 0, names.length - Object.keys(required).length, names.every((name) => imported[name] === required[name])].join(' ');
        }
        console.log(JSON.stringify(compared));`;
      compared = JSON.parse(printed(script));
    });

    for (const subpath of subpaths) {
      it(`gives require('${subpath}') the same functions and classes as import`, () => {
        expect(compared[subpath]).to.equal('true 0 true');
      });
    }
  });

  it('loads no peer, starts nothing and prints nothing on import', () => {
    const script = `
      import { createRequire } from 'node:module';
      const started = () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate' && name !== 'PipeWrap');
      for (const subpath of ${JSON.stringify(subpaths)}) await import(subpath);
      const loaded = Object.keys(createRequire(process.cwd() + '/any.js').cache);
      await new Promise(setImmediate);
      console.log(JSON.stringify({ peers: loaded.filter((path) => path.includes('node_modules')), started: started() }));`;
    expect(JSON.parse(printed(script))).to.deep.equal({ peers: [], started: [] });
  });

  it('leaves the streams, hashes and compression of Node for first use, where the main entry is required', () => {
    const script = `
      const before = process.moduleLoadList.length;
      require('flowplane-metrics');
      const loaded = process.moduleLoadList.slice(before).map((name) => name.replace('NativeModule ', ''));
      console.log(JSON.stringify(['stream', 'stream/web', 'crypto', 'zlib'].filter((name) => loaded.includes(name))));`;
    expect(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })).to.equal('[]\n');
  });

  it('loads two files for the main entry, and at most five for any other', () => {
    // Why threads: each has modules of its own, and starts sooner than a process.
    const script = `
      const { Worker } = require('node:worker_threads');
      const count = "require('node:worker_threads').parentPort.postMessage([require.resolve(process.argv[2]), require(process.argv[2]) && Object.keys(require.cache).length])";
      const counts = ${JSON.stringify(subpaths)}.map((subpath) => new Promise((resolve, reject) =>
        new Worker(count, { eval: true, argv: [subpath] }).once('error', reject).once('message', ([, files]) => resolve([subpath, files]))));
      Promise.all(counts).then((all) => console.log(JSON.stringify(all)));`;
    const options = { cwd: root, encoding: 'utf8' } as const;
    const counts = JSON.parse(execFileSync(process.execPath, ['-e', script], options)) as [string, number][];
    expect(counts).to.have.length(subpaths.length);
    expect(Object.fromEntries(counts)).to.have.property('flowplane-metrics', 2);
    expect(counts.filter(([, count]) => count > 5)).to.deep.equal([]);
  });

  for (const form of ['node/index.mjs', 'node/index.cjs', 'bundler/index.js']) {
    it(`shows in stack traces the lines of its sources, which it ships: dist/${form}`, () => {
      const script = `
        const { defineCounter } = await import(${JSON.stringify(pathToFileURL(`${root}/dist/${form}`).href)});
        try { defineCounter({ name: '', help: 'Calls' }); } catch (error) { console.log(error.stack); }`;
      const [, name, file = '', line] =
        /at (\w+) \((?:file:\/\/)?(\/.*\.ts):(\d+):\d+\)/.exec(printed(script, '--enable-source-maps')) ?? [];
      expect([name, relative(root, file)]).to.deep.equal(['refuseIfAny', 'lib/error.ts']);
      expect(readFileSync(file, 'utf8').split('\n')[Number(line) - 1]).to.contain('throw new MetricsError(');
    });

    it(`keeps the names of classes, and is not minified: dist/${form}`, () => {
      const core = readFileSync(`${root}/dist/${form.replace('index', 'core').replace('.mjs', '.cjs')}`, 'utf8');
      expect(core).to.match(/^class PrometheusRecorder extends |^var PrometheusRecorder = class extends /m);
      expect(core.match(/\w+\$\d+(?= = class\b)|(?<=^class )\w+\$\d+/gm)).to.equal(null);
    });
  }

  it('runs its command line', () => {
    const program = manifest.bin['flowplane-metrics'];
    expect(execFileSync(process.execPath, [program, '--help'], { cwd: root, encoding: 'utf8' })).to.contain('doctor');
  });
});
