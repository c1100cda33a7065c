import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { documents, root } from '../documents/documents.js';

const run = promisify(execFile);

/** A test runner: what is installed for it, and how it is run. */
interface Runner {
  readonly packages: readonly string[];
  /** The kind of module that its tests are. */
  readonly type: 'commonjs' | 'module';
  /** The global types that the tests use. */
  readonly types?: string;
  readonly config: Readonly<Record<string, string>>;
  readonly command: readonly [string, ...string[]];
}

const jestConfig = { setupFilesAfterEnv: ['<rootDir>/setup.js'], transform: {}, testMatch: ['**/*.test.js'] };
const vitestConfig = "export default { test: { setupFiles: ['./setup.js'], include: ['*.test.js'] } };\n";
/** The configuration without the file that adds the matchers. */
const withoutSetup = (config: string): string => config.replace(/"?setupFiles\w*"?: ?\[[^\]]*\],/, '');
const reported = ['--json', '--outputFile=report.json'];

const vitest = (version: number, node: readonly string[] = [process.execPath]): Runner => ({
  packages: [`vitest@${version}`],
  type: 'module',
  config: { 'vitest.config.js': vitestConfig },
  command: [...node, 'node_modules/vitest/vitest.mjs', 'run', '--reporter=json', '--outputFile=report.json'] as never,
});

// Why another Node: Vitest 5 does not run on the oldest one that this package supports.
const newerNode = ['npx', '--yes', '--prefer-offline', '--package=node@24', '--', 'node'];

const runners: Readonly<Record<string, Runner>> = {
  'Jest 30, in CommonJS': {
    packages: ['jest@30', '@jest/globals@30', '@types/jest@30'],
    type: 'commonjs',
    types: 'jest',
    config: { 'jest.config.json': JSON.stringify(jestConfig) },
    command: [process.execPath, 'node_modules/jest/bin/jest.js', '--no-watchman', '--no-cache', ...reported],
  },
  'Vitest 3': vitest(3),
  'Vitest 4': vitest(4),
  'Vitest 5': vitest(5, newerNode),
};

/** Tests that fail, by the titles of the golden messages, and what the types refuse. */
const failing = `
import { expect, test } from '@jest/globals';
import { defineCounter } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, kind: {} } });
const labels = { queue: 'mail', kind: 'a' };
function recorder(): MemoryRecorder {
  const memory = new MemoryRecorder();
  for (const kind of ['a', 'b', 'c', 'd']) memory.counter(jobs).inc({ queue: 'mail', kind });
  return memory;
}
const add = (memory: MemoryRecorder, by: number) => () => memory.counter(jobs).inc({ queue: 'mail', kind: 'a' }, by);

test('no series with these labels', () => {
  expect(recorder()).toHaveSeries('jobs_total', { kind: 'z', queue: 'mail' });
});
test('a series that must not be', () => {
  expect(recorder()).not.toHaveSeries('jobs_total', { kind: 'b' });
});
test('another value', () => {
  const nothing: void = expect(recorder()).toHaveSeries('jobs_total', labels, 7);
  return nothing;
});
test('several series', () => {
  expect(recorder()).toHaveSeries('jobs_total', {}, 1);
});
test('several series that must not have a value', () => {
  expect(recorder()).not.toHaveSeries('jobs_total', {}, 1);
});
test('no increase', () => {
  expect(recorder()).toHaveIncreased('jobs_total', labels, () => undefined);
});
test('an increase that must not be', () => {
  const memory = recorder();
  expect(memory).not.toHaveIncreased('jobs_total', labels, add(memory, 2));
});
test('another increase within a promise', async () => {
  const memory = recorder();
  const later: Promise<void> = expect(memory).toHaveIncreased('jobs_total', labels, async () => add(memory, 1)(), 2);
  await later;
});
export const misuses = () => {
  // @ts-expect-error A name is a text.
  expect(recorder()).toHaveSeries(7);
  // @ts-expect-error A label value is a text.
  expect(recorder()).toHaveSeries('jobs_total', { queue: 7 });
  // @ts-expect-error What runs is a function.
  expect(recorder()).toHaveIncreased('jobs_total', labels, 7);
  // @ts-expect-error There is no such matcher.
  expect(recorder()).toHaveDecreased('jobs_total');
};
`;

const passing = `
import { expect, test } from '@jest/globals';
import { defineHistogram } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

test('takes a matcher of the runner for a number', async () => {
  const memory = new MemoryRecorder();
  const wait = memory.histogram(defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1] }));
  wait.observe({}, 0.5);
  expect(memory).toHaveSeries('wait_seconds_sum', {}, expect.closeTo(0.5001));
  await expect(memory).toHaveIncreased('wait_seconds_count', {}, async () => wait.observe({}, 1), expect.any(Number));
});
`;

/** The same with the globals of Jest, for the types of @types/jest. */
const global = `${passing.replace(/import .*globals';/, '').replace('takes', 'as a global takes')}`;

/** The report of a runner; that of Vitest has the form of Jest's. */
interface Report {
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const golden = readFileSync(join(root, 'spec/golden/files/messages/matchers.txt'), 'utf8');

/** The messages of the golden file, by the titles of their cases. */
const goldenMessages = new Map(
  [...golden.matchAll(/^(.*) → JestAssertionError: (.*)$/gm)].map(([, title, message]) => [title, message]),
);

/** The files that a guide shows: a service, and what the runner loads. */
function guideFiles(guide: string, service: string): Record<string, string> {
  const page = documents.find(({ path }) => path === `docs/guides/${guide}.md`);
  const shown = page?.fences.filter(({ file, flags }) => file === service || flags.includes('in-jest')) ?? [];
  return Object.fromEntries(shown.map(({ file = '', text }) => [file, text]));
}

describe('The matchers, in the packed library', function () {
  this.timeout(240_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runners-'));
    // Why without scripts: they would build again, under the feet of the other specs.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    tarball = join(folder, JSON.parse((await run('npm', pack, { cwd: root })).stdout)[0].filename);
  });

  after(() => rmSync(folder, { recursive: true }));

  /** A project with the runner and these files, compiled. */
  async function create(
    name: string,
    { packages, type, types, config }: Runner,
    files: Readonly<Record<string, string>>,
  ): Promise<string> {
    const project = join(folder, name.replace(/\W+/g, '-'));
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type }));
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...options, tarball, ...packages], { cwd: project });
    for (const [file, text] of Object.entries(files)) {
      const own = types === 'jest' ? text : text.replaceAll('@jest/globals', 'vitest').replaceAll('/jest', '/vitest');
      writeFileSync(join(project, file), own);
    }
    for (const [file, text] of Object.entries(config)) writeFileSync(join(project, file), text);
    if (Object.keys(files).length === 0) return project;
    const tsc = join(root, 'node_modules/typescript-7/bin/tsc');
    const flags = `--strict --target ES2023 --module NodeNext --experimentalDecorators --emitDecoratorMetadata --skipLibCheck --pretty false`;
    const compiled = run(process.execPath, [tsc, ...flags.split(' '), '--types', types ?? '', ...Object.keys(files)], {
      cwd: project,
    });
    const { stdout } = await compiled.catch((failed: { stdout: string }) => failed);
    expect(stdout).to.equal('');
    return project;
  }

  /** Runs the tests of a project: how the runner ended, and its report. */
  async function test(project: string, { command: [command, ...args] }: Runner) {
    const exit = await run(command, args, { cwd: project }).catch((failed: { code: number }) => failed);
    const report = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8')) as Report;
    const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    return { code: 'code' in exit ? exit.code : 0, results };
  }

  for (const name of ['Jest 30, in CommonJS', 'Vitest 4']) {
    it(`may stay away from the test of the guide on Nest, which passes in ${name}`, async () => {
      const nest = ['@nestjs/common@11', '@nestjs/core@11', '@nestjs/testing@11', 'reflect-metadata@0.2', 'rxjs@7'];
      const own = runners[name] as Runner;
      const config = Object.fromEntries(Object.entries(own.config).map(([file, text]) => [file, withoutSetup(text)]));
      const runner = { ...own, config, packages: [...own.packages, ...nest] };
      const project = await create(`${name} with Nest`, runner, guideFiles('nest', 'app.module.ts'));
      const { code, results } = await test(project, runner);
      expect(code).to.equal(0);
      expect(results.map(({ title, status }) => `${title}: ${status}`)).to.deep.equal([
        'counts the lookups of teams: passed',
      ]);
    });
  }

  it('cannot run in Vitest 5 over standard decorators, which oxc leaves as they are', async () => {
    const project = await create('standard', runners['Vitest 5'] as Runner, {});
    const source = `
      import { test } from 'vitest';
      const mark = (method: () => void, _context: unknown) => method;
      class Service { @mark run(): void {} }
      test('runs', () => new Service().run());`;
    writeFileSync(join(project, 'standard.test.ts'), source);
    writeFileSync(join(project, 'vitest.config.js'), 'export default { test: { include: ["*.test.ts"] } };');
    const [command, ...args] = (runners['Vitest 5'] as Runner).command;
    await run(command, args, { cwd: project }).catch(() => undefined);
    const report = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8'));
    expect(report.testResults[0]).to.include({ status: 'failed', message: 'Invalid or unexpected token' });
  });

  for (const [name, runner] of Object.entries(runners)) {
    it(`hold in ${name}, with their types, and fail with their messages`, async () => {
      const tests = { 'failing.test.ts': failing, 'passing.test.ts': passing };
      const project = await create(name, runner, {
        ...guideFiles('testing', 'authorizer.ts'),
        ...tests,
        ...(runner.types === 'jest' && { 'global.test.ts': global }),
      });
      const { code, results } = await test(project, runner);
      expect(code).to.equal(1);
      const passed = results.filter(({ status }) => status === 'passed').map(({ title }) => title);
      expect(passed).to.have.members([
        'counts an attempt to access another team',
        'takes a matcher of the runner for a number',
        ...(runner.types === 'jest' ? ['as a global takes a matcher of the runner for a number'] : []),
      ]);
      const failed = results.filter(({ status }) => status === 'failed');
      expect(failed.map(({ title }) => title)).to.have.length(8);
      for (const { title, failureMessages } of failed) {
        const [first] = failureMessages[0]?.split('\n') ?? [];
        expect(first?.replace(/^\w*Error: /, ''), title).to.equal(goldenMessages.get(title));
      }
    });
  }
});
