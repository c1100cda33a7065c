import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { buildSync, type Format } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('Two copies of the package in one process', () => {
  let folder: string;

  /** Puts a copy of the built package into a folder of its own, with another version of the state where one is given. */
  function install(name: string, stateVersion?: number): string {
    const copy = join(folder, name);
    for (const form of ['node', 'bundler']) {
      // Why without maps: nothing here reads them, and they are half of the bytes.
      const filter = (path: string): boolean => !path.endsWith('.map');
      cpSync(join(root, 'dist', form), join(copy, 'dist', form), { recursive: true, filter });
    }
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
    if (stateVersion === undefined) return copy;
    for (const core of ['node/core.cjs', 'bundler/core.js']) {
      const file = join(copy, 'dist', core);
      const changed = readFileSync(file, 'utf8').replace('stateVersion = 1;', `stateVersion = ${stateVersion};`);
      writeFileSync(file, changed);
      expect(changed).to.contain(`stateVersion = ${stateVersion};`);
    }
    return copy;
  }

  /** Runs a program that has the copies as `a` and `b`; gives what it logs as JSON, and the warnings of the process. */
  async function run(copies: readonly [a: string, b: string], program: string) {
    const file = join(folder, 'program.mjs');
    // Why of two forms: what Node runs must work together with what a bundler takes.
    const forms = ['node/index.mjs', 'bundler/index.js'];
    const imports = copies.map((copy, i) => `import * as ${'ab'[i]} from '${copy}/dist/${forms[i]}';`);
    const warnings = `const warnings = []; process.on('warning', ({ message }) => warnings.push(message));`;
    const wait = 'await new Promise(setImmediate);';
    writeFileSync(
      file,
      [...imports, warnings, program, wait, 'console.log(JSON.stringify({ result, warnings }));'].join('\n'),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    return JSON.parse(stdout) as { readonly result: unknown; readonly warnings: readonly string[] };
  }

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'copies-')));
    mkdirSync(join(folder, 'node_modules'));
    for (const name of ['inversify', '@inversifyjs', 'reflect-metadata']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const expose = `const { text } = await import('node:stream/consumers');
    const expose = async (recorder) => text((await a.scrape(recorder, { method: 'GET' })).body);
    const count = (copy) => copy.instrumentFunction(() => 1, copy.Counter({ name: 'calls_total', help: 'Calls' }));`;

  it('share the default recorder where their states have the same version, and advise once to deduplicate', async () => {
    const copies = [install('a'), install('b')] as const;
    const { result, warnings } = await run(
      copies,
      `${expose}
      const advice = [];
      const counted = count(b);
      const recorder = new a.PrometheusRecorder({ onAdvice: ({ code }) => advice.push(code) });
      a.setDefaultRecorder(recorder);
      counted();
      counted();
      new a.PrometheusRecorder({ onAdvice: ({ code }) => advice.push(code) });
      const result = { body: await expose(recorder), advice };`,
    );
    expect(result).to.have.property('body').that.contains('calls_total 2');
    expect(result).to.have.deep.property('advice', ['second_copy', 'second_copy']);
    expect(warnings).to.deep.equal([]);
  });

  it('count a call once that both have instrumented alike, as code does that is loaded again with its own copy', async () => {
    const copies = [install('a'), install('b')] as const;
    const { result } = await run(
      copies,
      `${expose}
      class Pool { query(sql) { return sql; } }
      const load = (copy) => copy.instrumentMethod(Pool.prototype, 'query',
        copy.Counter({ name: 'queries_total', help: 'Queries', labels: { kind: 'sql', verb: (sql) => sql.slice(0, 3) } }),
        copy.Gauge({ name: 'query_length', help: 'Length', value: (sql) => sql.length }),
        copy.InFlight({ name: 'open_queries', help: 'Queries' }));
      const wrap = (fn, copy) => copy.instrumentFunction(fn, copy.Counter({ name: 'wrapped_total', help: 'Calls' }));
      const recorder = new a.PrometheusRecorder({ onAdvice: () => undefined });
      a.setDefaultRecorder(recorder);
      let wrapped = () => 1;
      for (const copy of [a, b, a, b, b]) {
        load(copy);
        wrapped = wrap(wrapped, copy);
      }
      new Pool().query('select 1');
      wrapped();
      b.instrumentMethod(Pool.prototype, 'query', b.Counter({ name: 'more_total', help: 'More' }));
      new Pool().query('update 2');
      const fedBy = a.catalogue([Pool]).map(({ name, fedBy }) => [name, fedBy.length]);
      const result = { lines: (await expose(recorder)).match(/^(quer|open|wrapped|more).*$/gm).sort(), fedBy };`,
    );
    expect(result).to.deep.equal({
      lines: [
        ...['more_total 1', 'open_queries 0', 'queries_total{kind="sql",verb="sel"} 1'],
        ...['queries_total{kind="sql",verb="upd"} 1', 'query_length 8', 'wrapped_total 1'],
      ],
      fedBy: [
        ['more_total', 1],
        ['open_queries', 1],
        ['queries_total', 1],
        ['query_length', 1],
      ],
    });
  });

  it('give a container the same identifier where their states have the same version', async () => {
    const copies = [install('a'), install('b')] as const;
    const { result } = await run(
      copies,
      `import 'reflect-metadata';
      import { Container } from 'inversify';
      const container = new Container();
      const recorder = new b.NoopRecorder();
      container.bind(b.MetricsRecorder).toConstantValue(recorder);
      const result = [container.get(a.MetricsRecorder) === recorder, recorder instanceof a.MetricsRecorder, a.MetricsRecorder === b.MetricsRecorder];`,
    );
    expect(result).to.deep.equal([true, true, true]);
  });

  it('record apart where their states have different versions, and advise once with both paths', async () => {
    const copies = [install('a'), install('b', 2)] as const;
    const { result, warnings } = await run(
      copies,
      `${expose}
      const counted = [count(a), count(b), count(b)];
      const recorder = new a.PrometheusRecorder({ processMetrics: false });
      const other = new b.PrometheusRecorder({ processMetrics: false });
      a.setDefaultRecorder(recorder);
      b.setDefaultRecorder(other);
      for (const call of counted) call();
      const result = [await expose(recorder), await expose(other), a.MetricsRecorder === b.MetricsRecorder];`,
    );
    const [ofA, ofB, isShared] = result as [string, string, boolean];
    expect([/^calls_total 1$/m.test(ofA), /^calls_total 2$/m.test(ofB), isShared]).to.deep.equal([true, true, false]);
    expect(warnings).to.deep.equal([
      `flowplane-metrics is loaded in versions that cannot share a recorder (given state version 2 at ${copies[1]}, state version 1 at ${copies[0]}). Each records apart from the others. Install a single version: npm ls flowplane-metrics.`,
    ]);
  });

  it('do not read the recorder that a copy of another version attached to an instance', async () => {
    const { result } = await run(
      [install('a'), install('b', 2)],
      `${expose}
      class Service { run() { return 'ran'; } }
      b.instrumentMethod(Service.prototype, 'run', b.Counter({ name: 'runs_total', help: 'Runs' }));
      const recorder = new a.PrometheusRecorder({ strict: true });
      const service = a.attachRecorder(new Service(), recorder);
      const result = [service.run(), (await expose(recorder)).includes('runs_total')];`,
    );
    expect(result).to.deep.equal(['ran', false]);
  });

  it('advise through the recorder where a recorder is the first use of the second copy', async () => {
    const copies = [install('a'), install('b', 2)] as const;
    const { result, warnings } = await run(
      copies,
      `new a.NoopRecorder();
      const result = [];
      for (const copy of [b, b]) new copy.NoopRecorder({ onAdvice: ({ code, message }) => result.push([code, message]) });`,
    );
    expect(result).to.have.length(1);
    expect((result as string[][])[0]?.[0]).to.equal('second_copy');
    expect((result as string[][])[0]?.[1])
      .to.contain(copies[0])
      .and.to.contain(copies[1]);
    expect(warnings).to.deep.equal([]);
  });

  it('say that a path is unknown where Error gives none', async () => {
    const { warnings } = await run(
      [install('a'), install('b', 2)],
      `Object.freeze(Error);
      const result = [a, b].map((copy) => copy.instrumentFunction(() => 1, copy.Counter({ name: 'x_total', help: 'X' }))());`,
    );
    expect(warnings[0]).to.contain('state version 2 at an unknown path, state version 1 at an unknown path');
  });

  it('leave the way in which the program formats stacks as it was', async () => {
    const { result } = await run(
      [install('a'), install('b')],
      `const prepare = () => 'formatted';
      Error.prepareStackTrace = prepare;
      Error.stackTraceLimit = 7;
      new a.NoopRecorder();
      const result = [Error.prepareStackTrace === prepare, Error.stackTraceLimit];`,
    );
    expect(result).to.deep.equal([true, 7]);
  });
});

describe('Two bundles in one process', () => {
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'bundles-')));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Bundles a program with the package, as a framework does with each of its entry points. */
  function bundle(program: string, format: Format): string {
    const outfile = join(folder, `${format}.${format === 'esm' ? 'mjs' : 'cjs'}`);
    const stdin = { contents: program, resolveDir: root };
    // Why no tsconfig.json: its paths would lead to the sources.
    const options = {
      bundle: true,
      minify: true,
      tsconfigRaw: '{}',
      external: ['prom-client', '@prometheus-io/client'],
    };
    buildSync({ stdin, outfile, format, platform: 'node', logLevel: 'error', ...options });
    return outfile;
  }

  it('share the recorder', async () => {
    const instrumentation = bundle(
      `import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
      export const recorder = new PrometheusRecorder();
      setDefaultRecorder(recorder);`,
      'cjs',
    );
    const route = bundle(
      `import { Counter, instrumentFunction, scrape } from 'flowplane-metrics';
      const count = instrumentFunction(() => 1, Counter({ name: 'calls_total', help: 'Calls' }));
      export async function answer(recorder) {
        count();
        const chunks = [];
        for await (const chunk of (await scrape(recorder, { method: 'GET' })).body) chunks.push(chunk);
        return Buffer.concat(chunks).toString();
      }`,
      'esm',
    );
    const program = `
      const { recorder } = require(${JSON.stringify(instrumentation)});
      import(${JSON.stringify(route)}).then(async ({ answer }) => console.log(await answer(recorder)));`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', program]);
    expect(stdout).to.match(/^calls_total 1$/m);
    expect(stderr).to.equal('');
  });
});
