import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Counter, collectDefaultMetrics, Registry, Summary } from 'prom-client';
import { aggregatorFamilies, processFamilies } from '../../lib/check/library-families.js';
import { AggregatorMetrics } from '../../lib/processes/aggregator-metrics.js';
import { type Run, runAll } from '../golden/program.js';
import { Examined } from './examined.js';

const library = new URL('../../node/index.mjs', import.meta.url).href;

const module = `import { Counter, defineGauge } from ${JSON.stringify(library)};
export const depth = defineGauge({ name: 'queue_depth', help: 'Depth', labels: { queue: { oneOf: ['mail', 'push'] } } });
const __decorate = (decorators, target, key) => {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  for (const one of decorators) one(target, key, descriptor);
};
export class Auth { deny(team) {} }
__decorate([Counter({ name: 'denied_total', help: 'Denied', labels: { team: (team) => team } })], Auth.prototype, 'deny');
`;

const right = `groups:
  - name: api
    rules:
      - record: team:denied:rate5m
        expr: sum by (team) (rate(denied_total[5m]))
      - alert: ManyDenied
        expr: team:denied:rate5m > 1 and on () queue_depth{queue="mail"} > 5
`;

describe('flowplane-metrics check', () => {
  let folder: string;
  let services: string;
  /** What the modules declare, as a file. Why beside them: to load them in a process of their own takes longer than to check. */
  let declared: readonly string[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'check-'));
    services = write('services.mjs', module);
    write('rules/right.yml', right);
    const [printed] = await runAll([['catalogue', services, '--json']]);
    declared = ['--catalogue', write('catalogue.json', printed?.out ?? '')];
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string | Buffer): string => {
    const path = join(folder, name.replace('/', '-'));
    writeFileSync(path, text);
    return path;
  };

  const rulesOf = (...expressions: readonly string[]): string => {
    const rules = expressions.map((expression, i) => `      - alert: A${i}\n        expr: ${expression}\n`);
    return `groups:\n  - name: a\n    rules:\n${rules.join('')}`;
  };

  const run = async (...args: string[]): Promise<Run> => (await runAll([['check', ...args]]))[0] as Run;

  it('exits with 0 where every expression is right, and says how many it has read', async () => {
    const { code, out, err } = await run(services, '--rules', join(folder, '*right.yml'));
    expect({ code, out, err }).to.deep.equal({
      code: 0,
      out: '0 errors, 0 remarks in 2 expressions of 1 file.\n',
      err: '',
    });
  });

  it('exits with 1, and names file, line, column, the nearest right name and the line that declares it', async () => {
    const rules = write('wrong.yml', rulesOf('rate(denid_total[5m]) > 1', 'queue_depth{queue="maill"} > 2'));
    const { code, out } = await run(services, '--rules', rules);
    expect(code).to.equal(1);
    expect(out.split('\n')).to.deep.equal([
      `${rules}:5:20: error unknown-name: alert A0: metric "denid_total" is unknown. Did you mean denied_total? (declared at ${services}:8:1)`,
      `${rules}:7:27: error impossible-matcher: alert A1: no value of "queue" in queue_depth matches "maill" (given mail, push, other). Did you mean "mail"? (declared at ${services}:2:22)`,
      '2 errors, 0 remarks in 2 expressions of 1 file.',
      '',
    ]);
  });

  it('exits with 0 where there are only remarks', async () => {
    const rules = write('remarks.yml', rulesOf('increase(denied_total[5m]) > 0', 'rate(denied_total[20s]) > 5'));
    const { code, out } = await run(...declared, '--rules', rules);
    expect({ code, kinds: [...out.matchAll(/remark ([\w-]+)/g)].map(([, kind]) => kind) }).to.deep.equal({
      code: 0,
      kinds: ['first-event-unseen', 'short-window'],
    });
  });

  it('prints what it finds as JSON and as SARIF', async () => {
    const rules = write('formats.yml', rulesOf('rate(denid_total[5m]) > 1'));
    const [json, sarif] = await runAll([
      ['check', services, '--rules', rules, '--json'],
      ['check', services, '--rules', rules, '--sarif'],
    ]);
    expect(JSON.parse(json?.out ?? '')).to.deep.equal({
      ok: false,
      checked: { files: 1, expressions: 1 },
      findings: [
        {
          kind: 'unknown-name',
          severity: 'error',
          message: 'metric "denid_total" is unknown. Did you mean denied_total?',
          nearest: 'denied_total',
          declaredAt: `${services}:8:1`,
          file: rules,
          line: 5,
          column: 20,
          of: 'alert A0',
        },
      ],
    });
    const [{ tool, results }] = JSON.parse(sarif?.out ?? '').runs;
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).to.include('unknown-name');
    expect(results[0]).to.deep.include({ ruleId: 'unknown-name', level: 'error' });
    expect(results[0].locations[0].physicalLocation.region).to.deep.equal({ startLine: 5, startColumn: 20 });
    expect([json?.code, sarif?.code]).to.deep.equal([1, 1]);
  });

  it('takes the metrics of others from an exposition of them, a list of names and an answer of Prometheus', async () => {
    const registry = new Registry();
    new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['shop'], registers: [registry] }).inc({
      shop: 'a',
    });
    new Summary({ name: 'latency_seconds', help: 'Latency', registers: [registry] }).observe(1);
    const exposition = write('others.txt', await registry.metrics());
    const list = write('names.txt', 'node_*\nmysql_up\n');
    const metadata = write(
      'metadata.json',
      // A counter that was read as OpenMetrics is filed without the "_total" of its series.
      JSON.stringify({ status: 'success', data: { pg_up: [{ type: 'gauge' }], pg_reads: [{ type: 'counter' }] } }),
    );
    const rules = write(
      'others.yml',
      rulesOf(
        'rate(orders_total{shop="a"}[5m]) > 1',
        'rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]) > 1',
        'node_load1 > 4 and on (instance) mysql_up == 0',
        'pg_up == 0',
        'rate(pg_up[5m]) > 1',
        'rate(pg_reads_total[5m]) > 1',
      ),
    );
    const externals = [exposition, list, metadata].flatMap((file) => ['--external', file]);
    const [without, withAll] = await runAll([
      ['check', ...declared, '--rules', rules],
      ['check', ...declared, '--rules', rules, ...externals],
    ]);
    expect(without?.out.match(/error unknown-name/g)).to.have.length(8);
    // Why a remark: what is wrong with the metrics of others fails nothing.
    expect(withAll?.out).to.match(/^.* remark rate-of-gauge: .*pg_up is a gauge.*\n0 errors, 1 remark in 6 /);
    expect([without?.code, withAll?.code]).to.deep.equal([1, 0]);
  });

  it('takes a catalogue instead of modules, the prefix of the recorder, labels of targets and the scrape interval', async () => {
    const rules = write('prefixed.yml', rulesOf('rate(shop_denied_total{team="a",rack="r1"}[2m]) > 1'));
    const options = [...declared, '--prefix', 'shop_', '--rules', rules];
    const [plain, full, slow] = await runAll([
      ['check', ...options],
      ['check', ...options, '--target-label', 'rack'],
      ['check', ...options, '--target-label', 'rack', '--scrape-interval', '90s'],
    ]);
    expect(plain?.out).to.contain('label "rack" is none of shop_denied_total');
    expect(full).to.deep.include({ code: 0, out: '0 errors, 0 remarks in 1 expression of 1 file.\n' });
    expect(slow?.out).to.contain('remark short-window');
  });

  it('asks the endpoint of the service for what its modules do not declare', async () => {
    const examined = new Examined();
    try {
      const metrics = await examined.endpoint('token');
      const rules = write('endpoint.yml', rulesOf('rate(requests_total{path="/"}[5m]) > 1'));
      const header = ['--metrics-header', 'Authorization: Bearer token'];
      const [without, withMetrics, refused] = await runAll([
        ['check', ...declared, '--rules', rules],
        ['check', services, '--rules', rules, '--metrics', metrics, ...header],
        ['check', ...declared, '--rules', rules, '--metrics', metrics],
      ]);
      expect([without?.code, withMetrics?.code, refused?.code]).to.deep.equal([1, 0, 2]);
      expect(refused?.err).to.contain('status 401');
    } finally {
      await examined.stop();
    }
  });

  it('remarks on a metric of the process which the endpoint of the service does not expose', async () => {
    const examined = new Examined();
    try {
      const rules = write('process.yml', rulesOf('time() - process_start_time_seconds < 300'));
      const nothing = ['--catalogue', write('nothing.json', '[]'), '--rules', rules];
      const metrics = await examined.endpoint();
      const own = await examined.serve((_, r) => r.end('process_cpu_seconds_total 1\nprocess_start_time_seconds 2\n'));
      const others = write('others.txt', 'process_start_time_seconds\n');
      const [without, exposed, external] = await runAll([
        ['check', ...nothing, '--metrics', metrics],
        ['check', ...nothing, '--metrics', own],
        ['check', ...nothing, '--metrics', metrics, '--external', others],
      ]);
      expect(without?.code).to.equal(0);
      expect(without?.out).to.contain(
        `remark absent-process-metric: alert A0: metric "process_start_time_seconds" is not there (given that ${metrics} exposes no metric of the process). Install prom-client`,
      );
      expect(exposed?.out).to.equal('0 errors, 0 remarks in 1 expression of 1 file.\n');
      expect(external?.out).to.equal(exposed?.out);
    } finally {
      await examined.stop();
    }
  });

  it('says where a server answers with a page, refuses, or does not run', async () => {
    const examined = new Examined();
    try {
      const nothing = ['--catalogue', write('nothing.json', '[]'), '--rules', write('any.yml', right)];
      const page = await examined.serve((_, r) => r.end('<!doctype html><title>Log in</title>'));
      const refusing = await examined.endpoint('token');
      const runs = await runAll(
        [page, refusing].flatMap((url) =>
          ['--metrics', '--external'].map((option) => ['check', ...nothing, option, url]),
        ),
      );
      await examined.stop();
      const down = await run(...nothing, '--external', page);
      expect([...runs, down].map(({ code, err }) => `${code} ${err}`)).to.deep.equal([
        `2 flowplane-metrics check: --metrics: ${page} cannot be read (given it is a page, and no metrics). Start it, or correct the URL.\n`,
        `2 flowplane-metrics check: --external: ${page} cannot be read (given it is a page, and no metrics). Give a file, or the URL of a Prometheus.\n`,
        `2 flowplane-metrics check: --metrics: ${refusing} cannot be read (given status 401). Pass the credentials: --metrics-header 'Authorization: …'.\n`,
        `2 flowplane-metrics check: --external: ${refusing} cannot be read (given status 401). Give a file, or the URL of a Prometheus.\n`,
        `2 flowplane-metrics check: --external: ${page} cannot be read (given ECONNREFUSED). Give a file, or the URL of a Prometheus.\n`,
      ]);
    } finally {
      await examined.stop();
    }
  });

  it('exits with 2 and says what to do where it cannot look', async () => {
    const rules = write('some.yml', right);
    const broken = write('broken.yml', 'groups: [');
    const brokenJson = write('broken.json', '{ "panels": ');
    const cases: readonly (readonly [args: readonly string[], message: string])[] = [
      [[], 'a module is missing (given none)'],
      [[services], '(given neither --rules nor --dashboards). Write for example --rules'],
      [[...declared, '--rules', join(folder, 'none/*.yml')], 'no file matches'],
      [[...declared, '--rules', broken], `${broken} cannot be read (given `],
      [[...declared, '--dashboards', brokenJson], `${brokenJson} cannot be read (given `],
      [[join(folder, 'none.mjs'), '--rules', rules], 'cannot be loaded (given a path where no file is)'],
      [[services, rules, '--rules', rules], 'Put quotation marks around a pattern'],
      [[services, '--rules', rules, '--json', '--sarif'], '(given both). Leave one out.'],
      [[services, '--rules', rules, '--prefix', 'a-b'], '--prefix must begin a metric name, of letters, digits, under'],
      [[services, '--rules', rules, '--scrape-interval', 'often'], '(given "often")'],
      [[...declared, '--rules', rules, '--external', join(folder, 'none.txt')], '--external: '],
      [['--catalogue', brokenJson, '--rules', rules], '--catalogue: '],
      [['--catalogue', write('no-catalogue.json', '{}'), '--rules', rules], 'is no catalogue (given other JSON)'],
      [
        ['--catalogue', write('half-catalogue.json', '[{"name":"a","kind":"counter","labels":[1]}]'), '--rules', rules],
        'is no catalogue',
      ],
      [[...declared, '--rules', write('no-rules.yml', 'kind: ConfigMap')], 'no expression is in what '],
      [[...declared, '--rules', write('endless.yml', 'groups: &a [*a]')], 'an anchor contains itself'],
      [[services, '--rule', rules], 'Did you mean --rules?'],
      [[write('nothing.mjs', 'export const a = 1;'), '--rules', rules], 'nothing.mjs). Give the modules that decorate'],
      [
        [services, '--rules', rules, '--target-label', 'a-b'],
        '--target-label must be the name of a label, of letters, digits and underscores (given "a-b"). Write for example rack.',
      ],
      [
        [services, '--rules', rules, '--metrics-header', 'A: b'],
        '--metrics-header needs --metrics (given none). Write the URL of the endpoint, or leave the header out.',
      ],
      [
        [services, '--rules', rules, '--metrics', 'http://me:s3cret@127.0.0.1:1/metrics'],
        "--metrics must be a URL without a user and a password. Pass them as --metrics-header 'Authorization: Basic …'.",
      ],
      [
        [services, '--rules', rules, '--metrics', 'me:s3/cret@localhost/metrics'],
        '--metrics must be a URL with http:// or https:// (given "…@localhost/metrics"). Write for example',
      ],
      [
        [services, '--rules', rules, '--external', 'http://me:s3cret@127.0.0.1:1'],
        '--external must be a URL without a user and a password. Write what it answers into a file, and give that.',
      ],
    ];
    const runs = await runAll(cases.map(([args]) => ['check', ...args]));
    expect(runs.map(({ code, out }) => `${code}${out}`)).to.deep.equal(cases.map(() => '2'));
    for (const [i, [, message]] of cases.entries()) expect(runs[i]?.err).to.contain(message);
    expect(JSON.stringify(runs)).not.to.match(/s3|cret/);
  });

  it('exits with 2 and says what to do about a file that has nothing of what it is for', async () => {
    const rules = write('fine.yml', right);
    const bytes = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0xff, 0xfe]);
    const latin = Buffer.from('groups: [] # caf\xe9', 'latin1');
    const other = (...args: readonly string[]) => [...declared, '--rules', rules, ...args];
    const external = (name: string, text: string | Buffer) => other('--external', write(`external-${name}`, text));
    const cases: readonly (readonly [args: readonly string[], message: string])[] = [
      [external('empty.txt', ''), 'external-empty.txt cannot be read (given it is empty). Give an exposition, '],
      [external('blank.txt', ' \n\n'), '(given it is empty)'],
      [external('comments.txt', '# nothing\n'), '(given it names no metric)'],
      [external('bytes.gz', bytes), '(given it is no text: unpack it, if it is compressed)'],
      [external('prose.txt', 'These are our metrics.\n'), '(given line 1, column 7: '],
      [external('half.txt', 'mysql_up\nmysql-version\n'), '(given line 1, column 9: '],
      [external('empty.json', '{}'), '(given it names no metric)'],
      [external('none.json', '{"status":"success","data":{}}'), '(given it names no metric)'],
      [external('list.json', '[]'), '(given it names no metric)'],
      [external('numbers.json', '[1, 2]'), '(given it is no list of names, and no answer of Prometheus)'],
      [external('package.json', '{"name":"a","version":"1"}'), '(given it is no list of names, and no answer of'],
      [external('error.json', '{"status":"error","error":"down"}'), '(given it is no list of names, and no answer of'],
      [external('broken.json', '{"status":'), 'cannot be read (given '],
      [other('--external', folder), `--external: ${folder} cannot be read (given it is a folder). Give `],
      [other('--catalogue', folder), `--catalogue: ${folder} cannot be read (given it is a folder). `],
      [
        other('--catalogue', write('empty-catalogue.json', '')),
        '(given it is empty). Correct the path, or write it with: flowplane-',
      ],
      [other('--catalogue', write('bytes-catalogue.json', bytes)), '(given it is no text'],
      [[...declared, '--rules', folder], `"${folder}" is a folder (given no pattern). Write "${folder}/**/*.yml"`],
      [[...declared, '--dashboards', folder], `Write "${folder}/**/*.json"`],
      [
        other('--rules', write('empty-rules.yml', '\n')),
        'empty-rules.yml cannot be read (given it is empty). Correct it, or',
      ],
      [other('--rules', write('bytes-rules.yml', bytes)), 'bytes-rules.yml cannot be read (given it is no text'],
      [other('--rules', write('latin-rules.yml', latin)), 'latin-rules.yml cannot be read (given it is no text'],
      [
        other('--rules', write('prose.yml', 'Rules follow.')),
        'prose.yml cannot be read (given it is neither rules nor a',
      ],
      [other('--rules', write('other.yml', 'kind: ConfigMap')), 'no expression is in what '],
      [other('--dashboards', write('empty-dashboard.json', '{}')), 'no expression is in what '],
      [other('--dashboards', write('blank.json', '')), 'blank.json cannot be read (given it is empty)'],
      [other('--dashboards', write('text.json', '"a"')), 'text.json cannot be read (given it is neither rules nor a'],
    ];
    const runs = await runAll(cases.map(([args]) => ['check', ...args]));
    for (const [i, [, message]] of cases.entries()) expect(runs[i]?.err, cases[i]?.[0].at(-1)).to.contain(message);
    expect(runs.map(({ code, out }) => `${code}${out}`)).to.deep.equal(cases.map(() => '2'));
  });

  it('takes a list of names, and a scrape, that an editor has saved without a last line break or with those of Windows', async () => {
    const rules = write('saved.yml', rulesOf('mysql_up == 0', 'pg_up == 0'));
    const files = [write('saved-names.txt', '# ours\r\nmysql_up'), write('saved-scrape.txt', 'other 2\r\npg_up 1')];
    const { out, err } = await run(...declared, '--rules', rules, ...files.flatMap((file) => ['--external', file]));
    expect({ out, err }).to.deep.equal({ out: '0 errors, 0 remarks in 2 expressions of 1 file.\n', err: '' });
  });

  it('takes a file without expressions beside one that has some', async () => {
    write('mixed-a.yml', right);
    write('mixed-b.yml', '# nothing yet\n');
    write('mixed-c.yml', 'kind: Kustomization\n---\n');
    const { code, out } = await run(...declared, '--rules', join(folder, 'mixed-*.yml'));
    expect({ code, out }).to.deep.equal({ code: 0, out: '0 errors, 0 remarks in 2 expressions of 3 files.\n' });
  });

  it('says nothing of a pattern that RE2 reads in another way than JavaScript', async () => {
    const patterns = [
      '[[:alpha:]]+',
      '\\\\pL+',
      '\\\\p{L}+',
      'mail\\\\z',
      '\\\\Amail',
      '\\\\Qmail\\\\E',
      '\\\\x{6d}ail',
    ];
    const rules = rulesOf(...patterns.map((pattern) => `'queue_depth{queue=~"${pattern}"} > 1'`));
    const { out } = await run(...declared, '--rules', write('re2.yml', rules));
    expect(out).to.equal('0 errors, 0 remarks in 7 expressions of 1 file.\n');
    const other = rulesOf(`'queue_depth{queue=~"\\\\\\\\pL"} > 1'`);
    expect((await run(...declared, '--rules', write('re2-other.yml', other))).out).to.contain('impossible-matcher');
  });

  it('reads a file whose aliases stand for more values than there is memory for to its end', async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`);
    const path = write('aliases.yml', ['a0: &a0 [x]', ...levels, right].join('\n'));
    const { code, err } = await run(...declared, '--rules', path);
    expect(code).to.equal(2);
    expect(err).to.contain('aliases make more than 1000000 values');
  });

  it('reads a dashboard that contains a picture of ten megabytes', async () => {
    const panels = [
      { options: { content: 'A\\"'.repeat(3_000_000) } },
      { title: 'p', targets: [{ expr: 'queue_depht' }] },
    ];
    const { out, err } = await run(...declared, '--dashboards', write('picture.json', JSON.stringify({ panels })));
    expect(err).to.equal('');
    expect(out).to.contain('Did you mean queue_depth?').and.to.contain('1 error,');
  });

  it('prints control characters of a file as their codes, so that each finding stays on its line', async () => {
    const rules = 'groups:\n  - rules:\n      - alert: "A\\e[31m\\n::error::b"\n        expr: queue_depht > 1\n';
    const { out } = await run(...declared, '--rules', write('control.yml', rules));
    expect(out).to.contain('alert A\\u001b[31m\\u000a::error::b: ');
    expect(out.split('\n')).to.have.length(3);
  });

  it('knows the metrics of the process as prom-client has them', async () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const metrics = await registry.getMetricsAsJSON();
    const known = new Map(processFamilies.map(([name, kind]) => [name, kind]));
    const missing = metrics.filter(({ name, type }) => known.get(name) !== String(type));
    expect(missing.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([]);
  });

  it('knows the metrics of an aggregator as it exposes them', async () => {
    const exposed = new AggregatorMetrics().toExposedFamilies([[1, 0.5]]);
    expect(aggregatorFamilies.map(([name, kind]) => [name, kind])).to.deep.equal(
      exposed.map(({ name, type }) => [name, type]),
    );
  });
});
