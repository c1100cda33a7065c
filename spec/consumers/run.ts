import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Consumer, consumers, folder, nodeVersions, root } from './consumers.js';
import { matrix, mostSeconds, readMatrix, readSeconds, writeMatrix } from './matrix.js';

/*
 * What `npm run consumers` does: it packs the library, installs it into a copy of each project of samples/consumers,
 * and runs the tests of each, on each version of Node that the project is for.
 *
 *   npm run consumers -- NAME…      only these projects
 *   npm run consumers -- --write    writes the matrix of docs/reference/compatibility.md, instead of comparing it
 */

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const execute = promisify(execFile);
const here = mkdtempSync(join(tmpdir(), 'consumers-'));
const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
const limit = 240_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a command of npm, and says what it printed where it fails. */
async function npm(cwd: string, env: Environment, ...commands: readonly string[]): Promise<string> {
  const options = { cwd, env, timeout: limit, maxBuffer: 1e8 };
  const { stdout } = await execute('npm', commands, options).catch(({ stdout, stderr }: Record<string, string>) => {
    throw new Error(`npm ${commands.join(' ')}\n${stdout}${stderr}`);
  });
  return stdout;
}

/** The environment of a user: without what npm gave to this program. */
const clean: Environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|NODE_ENV$|INIT_CWD$)/i.test(name)),
  ),
  // Why: what these tools would ask of the network has nothing to do with the tests.
  NEXT_TELEMETRY_DISABLED: '1',
  DENO_NO_UPDATE_CHECK: '1',
};
const withNode = (bin: string): Environment => ({ ...clean, PATH: `${bin}${delimiter}${clean['PATH']}` });

async function pack(): Promise<string> {
  // Why without scripts: `npm run consumers` has just built, and to build again would empty dist/ under this program.
  const options = ['--json', '--ignore-scripts', '--pack-destination', here];
  const [{ filename }] = JSON.parse(await npm(root, clean, 'pack', ...options));
  return join(here, filename);
}

/** Installs the versions of Node that are not the one that runs this, and gives the environment of each. */
async function installNodes(): Promise<ReadonlyMap<string, Environment>> {
  const nodes = join(here, 'nodes');
  cpSync(join(root, 'spec/consumers/nodes'), nodes, { recursive: true });
  await npm(nodes, clean, 'ci', '--ignore-scripts', ...quiet);
  const environments = new Map<string, Environment>();
  for (const version of nodeVersions) {
    const isOwn = process.version.startsWith(`v${version}.`);
    const bin = isOwn ? dirname(process.execPath) : join(nodes, `node_modules/node-${version}/bin`);
    if (!isOwn && !existsSync(bin)) {
      console.log(`not run on node ${version}: spec/consumers/nodes has no such binary for this machine`);
      continue;
    }
    const { stdout } = await execute(join(bin, 'node'), ['--version']);
    if (!stdout.startsWith(`v${version}.`)) throw new Error(`${bin} has Node ${stdout}, and not ${version}`);
    environments.set(`node ${version}`, withNode(bin));
  }
  return environments;
}

const outcomes = new Map<string, boolean>();
/** From the beginning of the installation to the end of the first test, by the name of the project. */
const secondsToNumber = new Map<string, number>();
const keyOf = ({ name }: Consumer, runtime: string): string => `${name} on ${runtime}`;

/** Runs a step of a project, and keeps and prints whether it went well. */
async function report(key: string, step: () => Promise<unknown>): Promise<boolean> {
  const start = performance.now();
  const failure = await step().then(
    () => undefined,
    (error: Error) => error.message,
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${failure === undefined ? 'passes' : 'FAILS '}  ${key} (${seconds} s)${failure ? `\n${failure}` : ''}`);
  return failure === undefined;
}

async function run(consumer: Consumer, tarball: string, environments: ReadonlyMap<string, Environment>): Promise<void> {
  const { name, runtimes, hasInstallScripts } = consumer;
  const project = join(here, name);
  cpSync(join(folder, name), project, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist|\.next)$/.test(path),
  });
  const [first, ...others] = runtimes.filter((runtime) => !runtime.startsWith('node ') || environments.has(runtime));
  if (first === undefined) return;
  const environmentOf = (runtime: string): Environment => environments.get(runtime) ?? clean;
  const env = environmentOf(first);
  const scripts = hasInstallScripts ? [] : ['--ignore-scripts'];
  const start = performance.now();
  const isInstalled = await report(`${name} is installed`, async () => {
    await npm(project, env, 'ci', ...scripts, ...quiet);
    await npm(project, env, 'install', '--no-save', '--strict-peer-deps', ...scripts, ...quiet, tarball);
  });
  for (const runtime of [first, ...others]) {
    const key = keyOf(consumer, runtime);
    const test = (): Promise<string> => npm(project, environmentOf(runtime), 'test');
    outcomes.set(key, isInstalled && (await report(key, test)));
    if (runtime === first && outcomes.get(key)) secondsToNumber.set(name, (performance.now() - start) / 1000);
  }
  rmSync(project, { recursive: true, force: true });
}

/** Runs all, two at a time: as many as the smallest machine that runs them has cores. */
async function runAll(chosen: readonly Consumer[]): Promise<void> {
  const [tarball, environments] = await Promise.all([pack(), installNodes()]);
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next, tarball, environments);
  };
  await Promise.all([work(), work()]);
}

const all = consumers();
const unknown = names.filter((name) => !all.some((consumer) => consumer.name === name));
if (unknown.length > 0) throw new Error(`samples/consumers has no ${unknown.join(', ')}.`);
try {
  await runAll(names.length === 0 ? all : all.filter(({ name }) => names.includes(name)));
} finally {
  rmSync(here, { recursive: true, force: true });
}

// Why no failure: a machine that is busy with other work takes longer. What --write has put into the page is compared by a spec.
for (const [name, seconds] of secondsToNumber) {
  console.log(`first number of ${name} after ${seconds.toFixed(1)} s (goal: ${mostSeconds} s)`);
}
if (names.length === 0) {
  // Why those of the page in a comparison: each run takes another time.
  const secondsOf = values.write ? ({ name }: Consumer) => secondsToNumber.get(name) : readSeconds;
  const text = matrix(all, (consumer, runtime) => outcomes.get(keyOf(consumer, runtime)), secondsOf);
  if (values.write) writeMatrix(text);
  else if (text !== readMatrix()) {
    console.error(
      'docs/reference/compatibility.md does not say what was run. `npm run consumers -- --write` writes it.',
    );
    process.exitCode = 1;
  }
}
const failed = [...outcomes.values()].filter((passes) => !passes).length;
console.log(`${outcomes.size - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
