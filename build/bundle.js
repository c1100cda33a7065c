import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { createLandingAssets } from './page.js';

/*
 * Makes what the package ships, from `lib/` and from what the compiler has made of it in `dist/lib/`:
 *
 *   dist/node      CommonJS, which Node runs; a file `.mjs` beside each entry gives the same module to `import`
 *   dist/bundler   ES modules, for bundlers
 *   dist/types     the declarations
 *
 * and two texts in modules of each of them: the program of the metrics thread, and what the page for people is made of.
 *
 * Why `import` gets CommonJS from Node: a process that imports the package and requires it has one copy of it.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** The entries of the package, each with its module in `lib/`. */
const entries = {
  index: 'index',
  dashboard: 'dashboard/index',
  http: 'adapters/http/index',
  express: 'adapters/express/index',
  fastify: 'adapters/fastify/index',
  hono: 'adapters/hono/index',
  inversify: 'adapters/inversify/index',
  koa: 'adapters/koa/index',
  nest: 'adapters/nest/index',
  otlp: 'otlp/index',
  processes: 'processes/index',
  promql: 'promql/index',
  pushgateway: 'pushgateway/index',
  serve: 'server/index',
  testing: 'testing/index',
  'testing/chai': 'testing/chai',
  'testing/jest': 'testing/jest',
  'testing/vitest': 'testing/vitest',
};
const program = 'cli/main';

/** The files that entries share. Each takes the modules that one entry needs, and that no file before it has taken. */
const groups = [
  { name: 'core', test: /[\\/]lib[\\/]index\.ts$/, priority: 2 },
  { name: 'server', test: /[\\/]lib[\\/]server[\\/]index\.ts$/, priority: 1 },
  { name: 'queries', test: /[\\/]lib[\\/]promql[\\/]index\.ts$/, priority: 1 },
];

/**
 * Requires the optional peers, in CommonJS.
 *
 * Why: Jest runs no `import()` in CommonJS, and a peer must be the module that the program itself has required. What the
 * command line imports stays so, as its modules may be of either kind.
 */
const requirePeers = {
  name: 'require-peers',
  renderChunk: (code) => ({ code: code.replace(/\bimport\((['"][^'"]+['"])\)/g, 'require($1)'), map: null }),
};

/**
 * Loads what Node has for hashes, compression and streams when it is first used, in CommonJS.
 *
 * Why: on import it would take as long as everything else of the package. The line is one line as before, so that the
 * source map stays right.
 */
const loadLate = {
  name: 'load-late',
  renderChunk: (code) => {
    const names = [];
    const late = code.replace(
      /^let (node_\w+) = require\("(node:(?:crypto|stream|stream\/web|zlib))"\);$/gm,
      (_line, name, module) => {
        names.push(name);
        return `const ${name} = { loaded: void 0, get module() { return this.loaded ??= require("${module}"); } };`;
      },
    );
    return { code: names.reduce((text, name) => text.replaceAll(`${name}.`, `${name}.module.`), late), map: null };
  },
};

/** The module that has the program of the metrics thread. */
const programText = 'server/thread/program-text';

/** Lets the program of the metrics thread look for the optional peers where the package would. */
const requireFromMain = {
  name: 'require-from-main',
  transform(code, id) {
    if (!id.startsWith(join(root, 'lib'))) return null;
    const replaced = code.replace(/\bimport\((['"](?!node:)[^.'"][^'"]*['"])\)/g, 'requirePackage($1)');
    if (replaced === code) return null;
    const from = JSON.stringify(join(root, 'lib/metrics-thread/require-package.ts'));
    return { code: `import { requirePackage } from ${from};\n${replaced}`, map: null };
  },
};

/** Puts the program of the metrics thread into its module. */
const embedProgram = {
  name: 'embed-program',
  load: (id) => (id === join(root, 'lib', `${programText}.ts`) ? exportText(threadProgram) : null),
};

/** The module that has the script and the style of the page for people. */
const landingAssets = 'server/landing/landing-assets';
const landingAssetsText = await createLandingAssets();

/** Puts the script and the style of the page into their module; in the metrics thread they are what it was started with. */
const embedAssets = (text) => ({
  name: 'embed-assets',
  load: (id) => (id === join(root, 'lib', `${landingAssets}.ts`) ? text : null),
});
const landingAssetsOfThread = `import { workerData } from 'node:worker_threads';
export const { landingScript, landingStyle } = workerData.landingAssets;
`;

write(join(dist, 'lib', `${landingAssets}.js`), landingAssetsText);
const threadProgram = await bundleProgram();
write(join(dist, 'lib', `${programText}.js`), exportText(threadProgram));
await Promise.all([bundle('esm', 'bundler', '.js'), bundle('cjs', 'node', '.cjs')]);
await wrap();
declare();
chmodSync(join(dist, 'node/flowplane-metrics.cjs'), 0o755);
resolveOwnName();

/** Bundles the program of the metrics thread into one text, which needs nothing but Node and the optional peers. */
async function bundleProgram() {
  const bundles = await rolldown({
    input: join(root, 'lib/metrics-thread/main.ts'),
    external: /^node:/,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    plugins: [requireFromMain, embedAssets(landingAssetsOfThread)],
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  const { output } = await bundles.generate({
    format: 'cjs',
    codeSplitting: false,
    comments: { annotation: true, jsdoc: false, legal: false },
    // Why with their names: functions and classes stand in stacks and errors.
    minify: {
      compress: { keepNames: { function: true, class: true } },
      mangle: { keepNames: { function: true, class: true } },
      codegen: true,
    },
  });
  return output[0].code;
}

/** A module that has this text. */
function exportText(text) {
  return `export const programText = ${JSON.stringify(text)};\n`;
}

/** Bundles every entry in one format. */
async function bundle(format, folder, extension) {
  rmSync(join(dist, folder), { recursive: true, force: true });
  const modules = format === 'cjs' ? { ...entries, 'flowplane-metrics': program } : entries;
  const input = Object.entries(modules).map(([name, module]) => [name, join(root, `lib/${module}.ts`)]);
  const bundles = await rolldown({
    input: Object.fromEntries(input),
    external: /^[^./]/,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts'] } },
    plugins: [embedProgram, embedAssets(landingAssetsText), ...(format === 'cjs' ? [requirePeers, loadLate] : [])],
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  await bundles.write({
    dir: join(dist, folder),
    format,
    entryFileNames: `[name]${extension}`,
    chunkFileNames: `[name]${extension}`,
    codeSplitting: { groups },
    // Why no comments: the source maps lead to the sources, which the package has.
    comments: { annotation: true, jsdoc: false, legal: false },
    minify: false,
    minifyInternalExports: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
}

/** Writes for each entry an ES module that exports what the CommonJS module exports. */
async function wrap() {
  for (const name of Object.keys(entries)) {
    const names = Object.keys(await import(`../dist/bundler/${name}.js`));
    const file = `${name.replace(/.*\//, '')}.cjs`;
    // Why the default export: Node would look for the names in the text of the module, which takes longer than to run it.
    const lines = [`import entry from './${file}';`, '', `export const { ${names.join(', ')} } = entry;`, ''];
    writeFileSync(join(dist, 'node', `${name}.mjs`), lines.join('\n'));
  }
}

/** Copies the declarations that the entries need, and gives each entry one for `import`. */
function declare() {
  const folder = join(dist, 'types');
  rmSync(folder, { recursive: true, force: true });
  const pending = Object.values(entries).map((module) => `${module}.d.ts`);
  const copied = new Set();
  for (const file of pending) {
    if (copied.has(file)) continue;
    copied.add(file);
    const text = readFileSync(join(dist, 'lib', file), 'utf8');
    write(join(folder, file), text);
    write(join(folder, `${file}.map`), readFileSync(join(dist, 'lib', `${file}.map`), 'utf8'));
    for (const [, path] of text.matchAll(/(?:\bfrom |\bimport\()['"](\.[^'"]+)\.js['"]/g)) {
      pending.push(join(dirname(file), `${path}.d.ts`));
    }
  }
  // Why: the one set of declarations is of CommonJS, so that a type is the same for `import` and `require()`.
  write(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  for (const module of Object.values(entries)) {
    const text = readFileSync(join(folder, `${module}.d.ts`), 'utf8').replace(/^\/\/#.*/m, '');
    // Why copied where it adds to a package: the package's own name stands for other declarations in CommonJS.
    const isCopied = text.includes('declare module ');
    write(join(folder, `${module}.d.mts`), isCopied ? text : `export * from './${module.replace(/.*\//, '')}.js';\n`);
  }
}

/** Lets the package's own name lead specs, below `dist/`, to the modules in `dist/lib/`, of which they test each by itself. */
function resolveOwnName() {
  const exports = Object.entries(entries).map(([name, module]) => [
    name === 'index' ? '.' : `./${name}`,
    `./lib/${module}.js`,
  ]);
  const manifest = { name: 'flowplane-metrics', private: true, type: 'module', exports: Object.fromEntries(exports) };
  write(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  // Why: what is measured is what the package ships.
  write(join(dist, 'bench/package.json'), '{ "private": true, "type": "module" }\n');
  // Why: what is started in a process of its own loads sooner, and is what a user would have.
  for (const folder of ['programs', 'samples']) {
    write(join(dist, folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  }
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
