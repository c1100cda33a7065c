import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type BuildOptions, build } from 'esbuild';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { PrometheusRecorder } from '../../lib/index.js';
import { snapshotOf } from '../../lib/store/snapshot.js';
import { until } from '../until.js';

/** The names of what is exposed beside this registry, in order. */
async function namesBeside(registry: Registry): Promise<string[]> {
  const families = await new PrometheusRecorder({ registry, processMetrics: true }).exposedFamilies();
  return families.map(({ name }) => name).filter((name) => !name.startsWith('flowplane_metrics_'));
}

describe('A recorder with the metrics of the process', () => {
  let all: string[];

  before(async () => {
    await until(async () => (await namesBeside(new Registry())).length > 0);
    all = await namesBeside(new Registry());
  });

  it('has those of prom-client', () => {
    expect(all).to.include.members(['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']);
  });

  it('compares them with its registry one by one: a metric of the same name replaces that one, and no other', async () => {
    const registry = new Registry();
    new Gauge({ name: 'process_open_fds', help: 'Counted by the application', registers: [registry] });
    const names = await namesBeside(registry);
    expect(names).to.have.members([...new Set([...all, 'process_open_fds'])]);
    expect(names.filter((name) => name === 'process_open_fds')).to.have.length(1);
  });

  for (const prefix of ['', 'shop_']) {
    it(`adds none to a registry that collects them ${prefix === '' ? 'itself' : 'with a prefix'}`, async () => {
      const registry = new Registry();
      collectDefaultMetrics({ register: registry, prefix });
      expect(await namesBeside(registry)).to.have.members(all.map((name) => prefix + name));
    });
  }

  it('adds them where only one metric of the application ends as one of them does', async () => {
    const registry = new Registry();
    new Gauge({ name: 'worker_process_cpu_seconds_total', help: 'Of a worker', registers: [registry] });
    expect(await namesBeside(registry)).to.have.members([...all, 'worker_process_cpu_seconds_total']);
  });

  const extremes = ['nodejs_eventloop_lag_min_seconds', 'nodejs_eventloop_lag_max_seconds'];
  const derived = ['mean', 'stddev', 'p50', 'p90', 'p99'].map((suffix) => `nodejs_eventloop_lag_${suffix}_seconds`);
  for (const [which, names] of [
    ['all of them', undefined],
    ['all but the least and the longest', ['nodejs_eventloop_lag_seconds', ...derived]],
  ] as const) {
    it(`leaves out how late the event loop was where nothing was measured since the last scrape, of ${which}`, async () => {
      const recorder = new PrometheusRecorder({ processMetrics: true });
      const expected = names === undefined ? [...extremes, ...derived] : derived;
      const seen = new Set<number>();
      await until(async () => {
        // Why so many: Node measures every ten milliseconds, and most of them are closer to each other.
        for (let i = 0; i < 20; i++) {
          const families = (await recorder.exposedFamilies(names && { names })).map(snapshotOf);
          const delays = families.filter(({ name }) => [...extremes, ...derived].includes(name));
          expect(delays.map(({ name }) => name)).to.have.members(expected);
          const values = delays.flatMap(({ samples }) => samples.map(({ value }) => value));
          for (const value of values) expect(value).to.be.within(0, 60);
          seen.add(values.length);
        }
        return seen.has(0) && seen.has(expected.length);
      });
      expect(seen).to.deep.equal(new Set([0, expected.length]));
    });
  }
});

const library = new URL('../../lib/index.js', import.meta.url).href;
const shipped = new URL('../../node/', import.meta.url).href;
const program = `
  import { PrometheusRecorder } from ${JSON.stringify(fileURLToPath(library))};
  const heard = [];
  const onAdvice = ({ code, message }) => heard.push(code + ': ' + message);
  const recorder = new PrometheusRecorder({ processMetrics: true, onAdvice });
  const names = async () => (await recorder.exposedFamilies()).map(({ name }) => name);
  const isThere = async () => (await names()).includes('process_cpu_seconds_total');
  const wasThere = isThere();
  const started = performance.now();
  const look = async () => {
    if (await wasThere) heard.push('too early');
    // Why so long: what is not there by then is not there at all.
    if (await isThere() || heard.length > 0 || performance.now() - started > 300) console.log(JSON.stringify({ isThere: await isThere(), heard }));
    else setTimeout(look, 5);
  };
  look();`;

describe('A recorder with the metrics of the process, in a process of its own', () => {
  it('answers a scrape that comes before they are loaded without them, and waits for nothing', () => {
    const code = `
      const { PrometheusRecorder } = await import(${JSON.stringify(`${shipped}index.mjs`)});
      const recorder = new PrometheusRecorder({ processMetrics: true });
      const has = async () => (await recorder.exposedFamilies()).some(({ name }) => name === 'process_cpu_seconds_total');
      const seen = [await has()];
      while (!(await has())) await new Promise(setImmediate);
      console.log(JSON.stringify([...seen, await has()]));`;
    const seen = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect(JSON.parse(seen)).to.deep.equal([false, true]);
  });

  it('has them at the first scrape of a server', () => {
    const code = `
      const { serveMetrics } = await import(${JSON.stringify(`${shipped}serve.mjs`)});
      const { url, close } = await serveMetrics({ port: 0 });
      console.log((await (await fetch(url)).text()).includes('\\nprocess_cpu_seconds_total '));
      await close();`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })).to.equal(
      'true\n',
    );
  });
});

describe('A bundle with the metrics of the process', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** What the program says as esbuild bundles it, in a folder of its own. */
  async function bundled(options: BuildOptions): Promise<{ isThere: boolean; heard: string[] }> {
    const outfile = join(folder, options.format === 'cjs' ? 'program.cjs' : 'program.mjs');
    const stdin = { contents: program, resolveDir: fileURLToPath(new URL('.', import.meta.url)) };
    await build({ stdin, bundle: true, platform: 'node', outfile, logLevel: 'silent', ...options });
    return JSON.parse(execFileSync(process.execPath, [outfile], { cwd: folder, encoding: 'utf8' }));
  }

  const external = ['prom-client', '@prometheus-io/client'];

  /** Puts a package of this name beside the bundle. */
  function install(name: string, code: string): void {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), code);
  }

  it('has them in CommonJS', async () => {
    expect(await bundled({ format: 'cjs' })).to.deep.equal({ isThere: true, heard: [] });
  });

  it('gives advice, once, where the client does not load in an ES module', async () => {
    const { isThere, heard } = await bundled({ format: 'esm' });
    expect(isThere).to.equal(false);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.match(/^process_metrics: the metrics of the process are left out.*Dynamic require of "util"/);
    expect(heard[0]).to.contain('mark prom-client as external');
  });

  it('leaves them out in silence where no client is installed', async () => {
    expect(await bundled({ format: 'esm', external })).to.deep.equal({ isThere: false, heard: [] });
    expect(await bundled({ format: 'cjs', external })).to.deep.equal({ isThere: false, heard: [] });
  });

  for (const [fault, code, said] of [
    ['lacks a package that it needs', "require('tdigest')", "Cannot find module 'tdigest'"],
    ['is something else', 'exports.Registry = 7', 'client.Registry is not a constructor'],
    ['throws', "throw new Error('no memory')", 'no memory'],
  ] as const) {
    it(`gives advice where the client ${fault}`, async () => {
      install('prom-client', code);
      const { isThere, heard } = await bundled({ format: 'esm', external });
      expect(isThere).to.equal(false);
      expect(heard).to.have.length(1);
      expect(heard[0]).to.contain(said);
    });
  }

  for (const client of external) {
    it(`takes them from ${client} also where the names of its exports are not seen`, async () => {
      const whole = `{
        Registry: class {
          getMetricsAsArray() {
            return [{ name: 'process_cpu_seconds_total', get: () => ({ ...this.metric, values: [{ value: 1, labels: {} }] }) }];
          }
          metric = { name: 'process_cpu_seconds_total', help: 'CPU', type: 'counter' };
        },
        collectDefaultMetrics() {},
      }`;
      install(client, `module['exp' + 'orts'] = ${whole}`);
      expect(await bundled({ format: 'esm', external })).to.deep.equal({ isThere: true, heard: [] });
    });
  }
});
