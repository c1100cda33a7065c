import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** A way in which TypeScript finds a package, with the first and the last version that has it. */
interface Mode {
  readonly flags: string;
  readonly since?: number;
  readonly until?: number;
  /** What is compiled: a file whose kind is left open, or an ES module and a CommonJS module, and one that mixes them. */
  readonly files: string;
}

const bothKinds = 'program.mts program.cts mixed.mts';
const modes: Readonly<Record<string, Mode>> = {
  // Why until 5.9: TypeScript 6 refuses it unless it is told to be silent, and 7 does not have it.
  node10: { flags: '--module commonjs --moduleResolution node10', until: 5.9, files: 'program.ts' },
  node16: { flags: '--module node16', files: bothKinds },
  node18: { flags: '--module node18', since: 5.8, files: bothKinds },
  node20: { flags: '--module node20', since: 5.9, files: bothKinds },
  nodenext: { flags: '--module nodenext', files: bothKinds },
  bundler: { flags: '--module esnext --moduleResolution bundler', files: 'program.ts' },
  'bundler, verbatim': { flags: '--module preserve --verbatimModuleSyntax', files: 'program.mts' },
};
const versions = [5.4, 5.5, 5.6, 5.7, 5.8, 5.9, 6, 7];
// Why the versions between have one mode: each takes seconds, and what they resolve has not changed since 5.4.
const versionsWithEveryMode = [5.4, 5.9, 7];
const folderOf = (version: number): string => `typescript-${version}`;
const packageOf = (version: number): string =>
  `${folderOf(version)}@npm:typescript@${Number.isInteger(version) ? `^${version}.0.0` : `~${version}.0`}`;

/** Uses a class, a type and a value of every entry: none may be `any`, and what is not there must be refused. */
const everything = `
import { Counter, MetricsError, PrometheusRecorder, type MetricsRecorder } from 'flowplane-metrics';
import { installMetrics } from 'flowplane-metrics/inversify';
import { httpMetrics, MetricsServer } from 'flowplane-metrics/koa';
import { rate, type VectorQuery } from 'flowplane-metrics/promql';
import { serveMetrics } from 'flowplane-metrics/serve';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';
type IsAny<T> = 0 extends 1 & T ? true : false;
export const all: false[] = [
  false satisfies IsAny<typeof Counter>, false satisfies IsAny<MetricsError>, false satisfies IsAny<MetricsRecorder>,
  false satisfies IsAny<typeof installMetrics>, false satisfies IsAny<typeof httpMetrics>,
  false satisfies IsAny<MetricsServer>, false satisfies IsAny<typeof serveMetrics>,
  false satisfies IsAny<MemoryRecorder>, false satisfies IsAny<typeof metricsAssertions>,
  false satisfies IsAny<typeof rate>, false satisfies IsAny<VectorQuery<never, {}, never>>,
];
export const recorder: MetricsRecorder = new PrometheusRecorder();
export const port: Promise<number> = new MetricsServer(new PrometheusRecorder(), { port: 0 }).listen().then((at) => at.port);
// @ts-expect-error no entry has this name
import { nothing } from 'flowplane-metrics/serve';
`;

/** A type of an ES module and the same type of CommonJS, in one program. */
const mixed = `
import { MetricsError, PrometheusRecorder } from 'flowplane-metrics';
import { error, recorder } from './common.cjs';
export const same: [MetricsError, PrometheusRecorder] = [error, recorder];
`;
const common = `
import { MetricsError, PrometheusRecorder } from 'flowplane-metrics';
export const recorder = new PrometheusRecorder();
export const error = new MetricsError('here', [{ code: 'illegal_name', message: 'no' }]);
`;

const withoutNode = `
import { defineCounter, type MetricsRecorder, PrometheusRecorder, scrape } from 'flowplane-metrics';
import { rate } from 'flowplane-metrics/promql';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';
export const recorder: MemoryRecorder = new MemoryRecorder();
export const assertions: object = metricsAssertions;
export const main: MetricsRecorder = new PrometheusRecorder();
export const scraping: object = scrape;
const counter = defineCounter({ name: 'a_total', help: 'A', labels: { team: {} } });
export const query: string = rate(counter, '5m').where({ team: 'a' }).sumBy('team').toString();
// @ts-expect-error the family has no such label
rate(counter, '5m').sumBy('teem');
`;

describe('The declarations of the packed library', function () {
  this.timeout(240_000);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resolution-'));
    // Why without scripts: they would build again, under the feet of the other specs.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const [{ filename }] = JSON.parse((await run('npm', pack, { cwd: root })).stdout);
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    for (const [name, packages] of Object.entries({ node: ['@types/node@20'], bare: [] })) {
      const project = join(folder, name);
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), '{ "private": true }');
      await run('npm', ['install', ...options, join(folder, filename), ...packages], { cwd: project });
    }
    await run('npm', ['install', ...options, '--prefix', folder, ...versions.map(packageOf)]);
    for (const extension of ['ts', 'mts', 'cts']) {
      writeFileSync(join(folder, 'node', `program.${extension}`), everything);
      writeFileSync(join(folder, 'bare', `program.${extension}`), withoutNode);
    }
    writeFileSync(join(folder, 'node', 'mixed.mts'), mixed);
    writeFileSync(join(folder, 'node', 'common.cts'), common);
  });

  after(() => rmSync(folder, { recursive: true }));

  /** What a version of the compiler says of files. */
  async function compile(version: number, project: string, flags: string, files: string): Promise<string> {
    const tsc = join(folder, 'node_modules', folderOf(version), 'bin/tsc');
    const options = `--noEmit --strict --target ES2022 --lib es2022,esnext.disposable --skipLibCheck false --pretty false ${flags} ${files}`;
    const compiled = run(process.execPath, [tsc, ...options.split(' ')], { cwd: join(folder, project) });
    const { stdout } = await compiled.catch((failed: { stdout: string }) => failed);
    return stdout;
  }

  for (const version of versions) {
    for (const [name, { flags, since = 0, until = Number.POSITIVE_INFINITY, files }] of Object.entries(modes)) {
      const isTried = name === 'nodenext' || versionsWithEveryMode.includes(version);
      if (!isTried || version < since || version > until) continue;
      it(`resolve every entry, to types that are not any: TypeScript ${version}, ${name}`, async () => {
        expect(await compile(version, 'node', flags, files)).to.equal('');
      });
    }

    it(`need no declarations of Node in the main entry, in queries and in those for tests: TypeScript ${version}`, async () => {
      expect(await compile(version, 'bare', '--module nodenext', 'program.mts')).to.equal('');
    });
  }
});
