import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** The program with `require()` in the place of `import`. */
const required = (program: string): string =>
  program.replace(/^import (\{[^}]*\}) from ('.*');$/gm, 'const $1 = require($2);');

/** A way to bundle `program.mjs` or `program.cjs` into a folder `out/`. */
interface Bundler {
  /** What is run in the project: a script of Node. */
  readonly script: string;
  /** The file of the bundle that is run. */
  readonly output: string;
}

const esbuild = (program: string, format: string, more = ''): Bundler => ({
  script: `
    const { buildSync } = require(${JSON.stringify(join(root, 'node_modules/esbuild'))});
    const outfile = 'out/program.${format === 'esm' ? 'mjs' : 'cjs'}';
    buildSync({ entryPoints: ['${program}'], bundle: true, platform: 'node', format: '${format}', outfile, logLevel: 'warning', ${more} });`,
  output: format === 'esm' ? 'program.mjs' : 'program.cjs',
});

const rolldown = (program: string, format: string): Bundler => ({
  script: `
    import(${JSON.stringify(join(root, 'node_modules/rolldown/dist/index.mjs'))}).then(async ({ rolldown }) => {
      const onLog = (level, { message }) => console.error(level, message);
      const bundle = await rolldown({ input: '${program}', platform: 'node', onLog });
      const names = '[name].${format === 'esm' ? 'mjs' : 'cjs'}';
      await bundle.write({ dir: 'out', format: '${format}', entryFileNames: names, chunkFileNames: names });
    });`,
  output: format === 'esm' ? 'program.mjs' : 'program.cjs',
});

const webpack = (program: string, minimize: boolean): Bundler => ({
  script: `
    const webpack = require('webpack');
    const optional = /^(@node-rs\\/bcrypt|@prometheus-io\\/client|prom-client|koa|@koa\\/router|yaml)$/;
    const output = { path: process.cwd() + '/out', filename: 'program.cjs' };
    const plugins = [new webpack.IgnorePlugin({ resourceRegExp: optional })];
    const given = { mode: 'production', target: 'node20', entry: './${program}', output, plugins };
    webpack({ ...given, optimization: { minimize: ${minimize} } }, (error, stats) => {
      const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true });
      for (const { message } of [...warnings, ...errors]) console.error(message);
    });`,
  output: 'program.cjs',
});

const rollup: Bundler = {
  script: `
    const { rollup } = require('rollup');
    const { nodeResolve } = require('@rollup/plugin-node-resolve');
    const onLog = (level, { code, message }) => { if (code !== 'UNRESOLVED_IMPORT') console.error(level, message); };
    rollup({ input: 'program.mjs', plugins: [nodeResolve({ preferBuiltins: true })], onLog }).then((bundle) =>
      bundle.write({ dir: 'out', format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' }));`,
  output: 'program.mjs',
};

const tsup = (format: string): Bundler => ({
  script: `
    const options = { entry: ['program.mjs'], format: '${format}', platform: 'node', config: false, silent: true };
    import('tsup').then(({ build }) => build({ ...options, outDir: 'out', noExternal: [/^flowplane/], clean: false }));`,
  output: format === 'esm' ? 'program.mjs' : 'program.js',
});

const ncc: Bundler = {
  script: `
    const { mkdirSync, writeFileSync } = require('node:fs');
    require('@vercel/ncc')(process.cwd() + '/program.cjs', { quiet: true }).then(({ code }) => {
      mkdirSync('out');
      writeFileSync('out/program.cjs', code);
    });`,
  output: 'program.cjs',
};

const bundlers: Readonly<Record<string, Bundler>> = {
  'esbuild, ES module': esbuild('program.mjs', 'esm'),
  'esbuild, ES module, minified': esbuild('program.mjs', 'esm', 'minify: true'),
  'esbuild, ES module of a program that requires': esbuild('program.cjs', 'esm'),
  'esbuild, CommonJS': esbuild('program.mjs', 'cjs'),
  'esbuild, CommonJS, minified': esbuild('program.cjs', 'cjs', 'minify: true'),
  'webpack from ES modules': webpack('program.mjs', false),
  'webpack from CommonJS, minified': webpack('program.cjs', true),
  rollup,
  'rolldown, ES module': rolldown('program.mjs', 'esm'),
  'rolldown, CommonJS': rolldown('program.cjs', 'cjs'),
  'tsup, ES module': tsup('esm'),
  'tsup, CommonJS': tsup('cjs'),
  ncc,
};

describe('The packed library in a bundle', function () {
  this.timeout(240_000);
  let folder: string;
  let project: string;
  let unbundled: unknown;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bundling-'));
    project = join(folder, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    // Why without scripts: they would build again, under the feet of the other specs.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const [{ filename }] = JSON.parse((await run('npm', pack, { cwd: root })).stdout);
    const tools = [
      'webpack@5',
      'rollup@4',
      '@rollup/plugin-node-resolve@16',
      'tsup@8',
      'typescript@5.9',
      '@vercel/ncc@0.45',
    ];
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, join(folder, filename), ...tools], { cwd: project });
    const program = readFileSync(join(root, 'spec/bundling/program.mjs'), 'utf8');
    writeFileSync(join(project, 'program.mjs'), program);
    writeFileSync(join(project, 'program.cjs'), required(program));
    unbundled = JSON.parse((await run(process.execPath, ['program.mjs'], { cwd: project })).stdout);
  });

  after(() => rmSync(folder, { recursive: true }));

  it('has every metric where it is not bundled, which bundles are compared with', () => {
    const seen = unbundled as Record<string, unknown>;
    expect(seen).to.deep.include({ samples: ['calls_total 1', 'depth 2', 'size_bytes_count 1'] });
    expect(seen).to.deep.include({ thread: true });
    expect(seen).to.deep.include({ koa: [true, 'missing_peer'], testing: true, inversify: true });
  });

  for (const [name, { script, output }] of Object.entries(bundlers)) {
    it(`loses no metric, and causes no warning: ${name}`, async () => {
      rmSync(join(project, 'out'), { recursive: true, force: true });
      const { stderr } = await run(process.execPath, ['-e', script], { cwd: project });
      expect(stderr).to.equal('');
      // Why elsewhere: nothing of the project can be found there.
      const alone = mkdtempSync(join(folder, 'alone-'));
      cpSync(join(project, 'out'), alone, { recursive: true });
      const ran = await run(process.execPath, [output], { cwd: alone });
      expect(JSON.parse(ran.stdout)).to.deep.equal(unbundled);
      expect(ran.stderr).to.equal('');
    });
  }
});
