import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** The peers that a project has already; each list together takes the oldest to the newest version of every range. */
const projects: Readonly<Record<string, readonly string[]>> = {
  'the oldest of everything': [
    ...['koa@2.0.0', '@koa/router@10.0.0', 'koa-router@10.0.0', 'prom-client@14.0.0', 'yaml@1.0.0'],
    ...['@node-rs/bcrypt@1.9.0', 'inversify@6.0.1', 'reflect-metadata@0.1', '@types/koa@2'],
  ],
  'Koa 2 and routers 11': [
    ...['koa@2', '@koa/router@11', 'koa-router@11', 'prom-client@14', 'yaml@1', '@node-rs/bcrypt@1.9'],
    ...['inversify@6.1', 'reflect-metadata@0.2', '@types/koa@2'],
  ],
  'Koa 2 and routers 12': [
    ...['koa@2', '@koa/router@12', 'koa-router@12', 'prom-client@15.0.0', 'yaml@2.0.0', '@node-rs/bcrypt@1'],
    ...['inversify@6', 'reflect-metadata@0.2', '@types/koa@2'],
  ],
  'Koa 3.0 and routers 13': [
    ...['koa@3.0.0', '@koa/router@13', 'koa-router@13', 'prom-client@15', 'yaml@2', '@node-rs/bcrypt@2'],
    ...['inversify@7.5.2', 'reflect-metadata@0.2', '@types/koa@3'],
  ],
  'the successor of prom-client alone, and routers 14': [
    ...['koa@3', '@koa/router@14', 'koa-router@14', '@prometheus-io/client@0.16', 'yaml@2', '@node-rs/bcrypt@2'],
    ...['inversify@7', 'reflect-metadata@0.2', '@types/koa@3'],
  ],
  'the newest of everything': [
    ...['koa@3', '@koa/router@15', 'prom-client@15', '@prometheus-io/client@0.16', 'yaml@2', '@node-rs/bcrypt@2'],
    ...['inversify@8', 'reflect-metadata@0.2', '@types/koa@3'],
  ],
};

/** What a service sees of each peer that serves as it should. */
const right: Readonly<Record<string, unknown>> = {
  'prom-client': { theirs: [], ours: [] },
  '@prometheus-io/client': { theirs: [], ours: [] },
  yaml: { statuses: [401, 401, 200], header: 'deny', hasProcessMetrics: true, ends: ['cut', 'cut'] },
  koa: { statuses: [401, 401, 200], header: 'deny', hasProcessMetrics: true, ends: ['cut', 'cut'] },
  inversify: { sales: 1, bound: true, nothing: true },
  '@koa/router': { '/teams/:team/clusters/:id': 2, unmatched: 1, ends: ['cut', 'cut'] },
  'koa-router': { '/teams/:team/clusters/:id': 2, unmatched: 1, ends: ['cut', 'cut'] },
};

/** A program with `require()` in the place of `import`. */
const toCommonJs = (program: string): string =>
  program
    .replace(/^import (\{[^}]*\}) from ('.*');$/gm, (_import, names: string, from: string) => {
      return `const ${names.replaceAll(' as ', ': ')} = require(${from});`;
    })
    .replace('=> import(name)', '=> require(name)');

const nameOf = (specifier: string): string => specifier.replace(/(?<=.)@.*/, '');

describe('The packed library, installed by npm with strict peers', function () {
  this.timeout(240_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'installing-'));
    // Why without scripts: they would build again, under the feet of the other specs.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: root });
    tarball = join(folder, JSON.parse(stdout)[0].filename);
  });

  after(() => rmSync(folder, { recursive: true }));

  /** A project that has these packages already, and then installs the library. */
  async function install(name: string, packages: readonly string[]): Promise<string> {
    const project = join(folder, name.replace(/\W+/g, '-'));
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
    const options = ['--strict-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    if (packages.length > 0) await run('npm', ['install', ...options, ...packages], { cwd: project });
    await run('npm', ['install', ...options, tarball], { cwd: project });
    return project;
  }

  /** What the service sees that uses these peers: the same as an ES module and as CommonJS. */
  async function serve(project: string, peers: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const service = readFileSync(join(root, 'spec/installing/service.mjs'), 'utf8');
    writeFileSync(join(project, 'service.mjs'), service);
    writeFileSync(join(project, 'service.cjs'), toCommonJs(service));
    const [imported, required] = await Promise.all(
      ['service.mjs', 'service.cjs'].map(async (file) => {
        const { stdout, stderr } = await run(process.execPath, [file, ...peers], { cwd: project });
        return { seen: JSON.parse(stdout), stderr: stderr.replaceAll(/\(node:\d+\)/g, '') };
      }),
    );
    expect(required).to.deep.equal(imported);
    return imported?.seen;
  }

  /** What TypeScript says of a program that uses the peers, apart from faults in the packages of others. */
  async function compile(project: string, client: string): Promise<string[]> {
    const program = readFileSync(join(root, 'spec/types/installed.ts'), 'utf8').replace("'prom-client'", `'${client}'`);
    writeFileSync(join(project, 'program.ts'), program);
    const tsc = join(root, 'node_modules/typescript-7/bin/tsc');
    const options =
      '--noEmit --strict --target ES2023 --module NodeNext --skipLibCheck false --pretty false program.ts';
    const compiled = run(process.execPath, [tsc, ...options.split(' ')], { cwd: project });
    const { stdout } = await compiled.catch((failed: { stdout: string }) => {
      if (failed.stdout === '') throw failed;
      return failed;
    });
    const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
    return lines.filter((line) => !/^node_modules\/(?!flowplane-metrics)/.test(line));
  }

  it('serves the decorators alone, without any other package', async () => {
    expect(await serve(await install('alone', []), [])).to.deep.equal({ decorators: 1 });
  });

  for (const [name, packages] of Object.entries(projects)) {
    it(`serves in a project that has ${name}: ${packages.join(', ')}`, async () => {
      const project = await install(name, packages);
      const peers = packages.map(nameOf).filter((peer) => peer in right);
      const expected = Object.fromEntries(peers.map((peer) => [peer, right[peer]]));
      expect(await serve(project, peers)).to.deep.equal({ decorators: 1, ...expected });
      const client = peers.find((peer) => peer.endsWith('client')) as string;
      expect(await compile(project, client)).to.deep.equal([]);
    });
  }

  it('gives the metrics of the process where rollup bundles it and prom-client into ES modules or CommonJS', async () => {
    const plugins = ['@rollup/plugin-commonjs', '@rollup/plugin-node-resolve', '@rollup/plugin-json'];
    const project = await install('bundled', ['rollup@4', ...plugins, 'prom-client@15']);
    writeFileSync(
      join(project, 'program.js'),
      `import { PrometheusRecorder } from 'flowplane-metrics';
      const recorder = new PrometheusRecorder({ processMetrics: true });
      const look = async (left) => {
        const families = await recorder.exposedFamilies();
        const isThere = families.some(({ name }) => name === 'process_cpu_seconds_total');
        if (isThere || left === 0) console.log(isThere);
        else setTimeout(look, 10, left - 1);
      };
      look(500);`,
    );
    for (const format of ['es', 'cjs']) {
      const given = plugins.flatMap((plugin) => ['--plugin', plugin.replace('@rollup/plugin-', '')]);
      const entry = format === 'es' ? '[name].mjs' : '[name].cjs';
      const names = ['--entryFileNames', entry, '--chunkFileNames', entry];
      const options = ['--input', 'program.js', '--dir', 'bundle', '--format', format, '--silent'];
      await run('node_modules/.bin/rollup', [...options, ...names, ...given], { cwd: project });
      const bundle = join('bundle', entry.replace('[name]', 'program'));
      expect((await run(process.execPath, [bundle], { cwd: project })).stdout.trim(), format).to.equal('true');
    }
  });

  it('runs in Jest, whose modules are CommonJS, with the peers that the tests require', async () => {
    const project = await install('jest', ['jest@30', 'koa@3', '@koa/router@15', 'prom-client@15']);
    writeFileSync(
      join(project, 'service.test.cjs'),
      `const { attachRecorder, Counter, instrumentMethod, MetricsError, PrometheusRecorder } = require('flowplane-metrics');
      const { MetricsServer } = require('flowplane-metrics/koa');
      const { MemoryRecorder } = require('flowplane-metrics/testing');
      class Shop { sell() {} }
      instrumentMethod(Shop.prototype, 'sell', Counter({ name: 'sales_total', help: 'Sales' }));
      test('counts, and serves what it has counted', async () => {
        const memory = new MemoryRecorder();
        attachRecorder(new Shop(), memory).sell();
        expect(memory.value('sales_total')).toBe(1);
        expect(() => memory.value('nothing')).toThrow(MetricsError);
        const recorder = new PrometheusRecorder({ processMetrics: true });
        attachRecorder(new Shop(), recorder).sell();
        const server = new MetricsServer(recorder, { port: 0 });
        const { url } = await server.listen();
        const text = await (await fetch(url)).text();
        await server.close();
        expect(text).toContain('sales_total 1');
        expect(text).toContain('process_cpu_user_seconds_total');
      });`,
    );
    const options = ['--json', '--testMatch', '**/*.test.cjs'];
    const { stdout } = await run(process.execPath, ['node_modules/jest/bin/jest.js', ...options], { cwd: project });
    expect(JSON.parse(stdout)).to.include({ numPassedTests: 1, numFailedTests: 0 });
  });

  it('names the version found, and the command that installs another, where a peer does not serve', async () => {
    const packages = ['koa@2', '@koa/router@12', 'inversify@7.5.1', 'reflect-metadata@0.2', '@node-rs/bcrypt@2'];
    const project = await install('not serving', packages);
    // Why by hand: npm does not install these beside the library.
    await run('npm', ['install', '--force', '--ignore-scripts', '--no-audit', '--no-fund', 'koa@1', 'yaml@2'], {
      cwd: project,
    });
    expect(await serve(project, ['koa', 'inversify'])).to.deep.equal({
      decorators: 1,
      koa: 'missing_peer: MetricsServer: packages "koa" and "@koa/router" are needed to serve metrics (given koa 1.7.1 and @koa/router 12.0.2, with the error: AssertionError: app.use() requires a generator function). Run: npm install koa @koa/router.',
      inversify:
        'missing_peer: installMetrics: package "inversify" is needed for installMetrics (given inversify 7.5.1, with the error: TypeError: its container has neither plugins nor middleware). Run: npm install inversify@8.',
    });
  });
});
