import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { Counter, collectDefaultMetrics, Registry, Summary } from 'prom-client';
import { startProgress } from '../../lib/cli/check/progress.js';
import { processFamilies } from '../../lib/rules/library-families.js';
import { type Run, runAll } from '../golden/program.js';
import { Examined } from './examined.js';

const library = pathToFileURL(fileURLToPath(new URL('../../lib/index.js', import.meta.url))).href;

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

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'check-'));
    services = write('services.mjs', module);
    write('rules/right.yml', right);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
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
    const { code, out } = await run(services, '--rules', rules);
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
      ['check', services, '--rules', rules],
      ['check', services, '--rules', rules, ...externals],
    ]);
    expect(without?.out.match(/error unknown-name/g)).to.have.length(8);
    // Why a remark: what is wrong with the metrics of others fails nothing.
    expect(withAll?.out).to.match(/^.* remark rate-of-gauge: .*pg_up is a gauge.*\n0 errors, 1 remark in 6 /);
    expect([without?.code, withAll?.code]).to.deep.equal([1, 0]);
  });

  it('takes a catalogue instead of modules, the prefix of the recorder, labels of targets and the scrape interval', async () => {
    const [printed] = await runAll([['catalogue', services, '--json']]);
    const catalogue = write('catalogue.json', printed?.out ?? '');
    const rules = write('prefixed.yml', rulesOf('rate(shop_denied_total{team="a",rack="r1"}[2m]) > 1'));
    const options = ['--catalogue', catalogue, '--prefix', 'shop_', '--rules', rules];
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
        ['check', services, '--rules', rules],
        ['check', services, '--rules', rules, '--metrics', metrics, ...header],
        ['check', services, '--rules', rules, '--metrics', metrics],
      ]);
      expect([without?.code, withMetrics?.code, refused?.code]).to.deep.equal([1, 0, 2]);
      expect(refused?.err).to.contain('status 401');
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
      [[services], 'nothing is to be checked (given neither --rules nor --dashboards)'],
      [[services, '--rules', join(folder, 'none/*.yml')], 'no file matches'],
      [[services, '--rules', broken], `${broken} cannot be read (given `],
      [[services, '--dashboards', brokenJson], `${brokenJson} cannot be read (given `],
      [[join(folder, 'none.mjs'), '--rules', rules], 'cannot be loaded (given a path where no file is)'],
      [[services, rules, '--rules', rules], 'Put quotation marks around a pattern'],
      [[services, '--rules', rules, '--json', '--sarif'], '(given both)'],
      [[services, '--rules', rules, '--scrape-interval', 'often'], '(given "often")'],
      [[services, '--rules', rules, '--external', join(folder, 'none.txt')], '--external: '],
      [['--catalogue', brokenJson, '--rules', rules], '--catalogue: '],
      [['--catalogue', write('no-catalogue.json', '{}'), '--rules', rules], 'is no catalogue (given other JSON)'],
      [[services, '--rule', rules], 'Did you mean --rules?'],
    ];
    const runs = await runAll(cases.map(([args]) => ['check', ...args]));
    expect(runs.map(({ code, out }) => `${code}${out}`)).to.deep.equal(cases.map(() => '2'));
    for (const [i, [, message]] of cases.entries()) expect(runs[i]?.err).to.contain(message);
  });

  it('knows the metrics of the process as prom-client has them', async () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const metrics = await registry.getMetricsAsJSON();
    const known = new Map(processFamilies.map(([name, kind]) => [name, kind]));
    const missing = metrics.filter(({ name, type }) => known.get(name) !== String(type));
    expect(missing.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([]);
  });

  it('says on a terminal what it does, once that takes long, and clears the line', async () => {
    const written: string[] = [];
    const stream = { isTTY: true, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const progress = startProgress(stream, 1);
    progress.say('loads the modules');
    await new Promise((resolve) => setTimeout(resolve, 20));
    progress.say('reads the files');
    progress.stop();
    progress.stop();
    expect(written).to.deep.equal(['\r\x1b[Kloads the modules …', '\r\x1b[Kreads the files …', '\r\x1b[K']);
    expect(startProgress({ isTTY: false } as NodeJS.WriteStream)).to.have.keys('say', 'stop');
  });
});
