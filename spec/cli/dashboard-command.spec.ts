import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { dashboardCommand } from '../../lib/cli/dashboard/dashboard-command.js';
import { listRows, type ReadDashboard } from '../dashboard/read-dashboard.js';
import { type Run, runAll } from '../golden/program.js';

const shop = fileURLToPath(new URL('../dashboard/shop.js', import.meta.url));
const bundles = fileURLToPath(new URL('../../../dist/node', import.meta.url));

describe('flowplane-metrics dashboard', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (...args: string[]): Promise<Run> => (await runAll([args]))[0] as Run;
  const pathOf = (name: string): string => join(folder, name);

  it('prints the dashboard of what modules declare, the same in every run, or writes it into a file', async () => {
    const options = ['--title', 'Shop', '--datasource', 'main', '--refresh', '1m', '--requests', 'none'];
    const [printed, written] = await runAll([
      ['dashboard', shop, ...options],
      ['dashboard', shop, ...options, '--out', pathOf('shop.json')],
    ]);
    expect(printed).to.include({ code: 0, err: '' });
    expect(written).to.deep.equal({ code: 0, out: '', err: '' });
    expect(readFileSync(pathOf('shop.json'), 'utf8')).to.equal(printed?.out);
    const dashboard = JSON.parse(printed?.out ?? '');
    expect(dashboard).to.include({ title: 'Shop', uid: 'shop', refresh: '1m' });
    expect(printed?.out).to.contain('"uid": "main"').and.to.contain('sum by (outcome) (rate(orders_total{');
  });

  it('joins what several modules declare, whatever their order, and takes a family that two of them feed once', async () => {
    const library = new URL('../../node/index.mjs', import.meta.url).href;
    const write = (name: string, text: string): string => {
      writeFileSync(pathOf(name), text);
      return pathOf(name);
    };
    write(
      'shared.mjs',
      `import { defineCounter } from '${library}';
       export const requests = defineCounter({ name: 'requests_total', help: 'Requests' });\n`,
    );
    const moduleOf = (className: string, own: string): string =>
      `import { Counter, instrumentMethod } from '${library}';
       import { requests } from './shared.mjs';
       export class ${className} { run() {} }
       instrumentMethod(${className}.prototype, 'run', Counter(requests), Counter({ name: '${own}', help: '${own}' }));\n`;
    const bills = write('bills.mjs', moduleOf('BillService', 'bills_total'));
    const mails = write('mails.mjs', moduleOf('MailService', 'mails_total'));
    const runs = await runAll([
      ['dashboard', bills, mails, '--requests', 'none'],
      ['dashboard', mails, bills, mails, '--requests', 'none'],
      ['dashboard', bills, pathOf('nowhere.mjs'), mails],
    ]);
    expect(runs.map(({ code }) => code)).to.deep.equal([0, 0, 2]);
    expect(runs[1]?.out).to.equal(runs[0]?.out);
    expect(runs[2]).to.include({ out: '' });
    expect(runs[2]?.err).to.match(/nowhere\.mjs cannot be loaded \(given a path where no file is\)/);
    const dashboard = JSON.parse(runs[0]?.out ?? '') as ReadDashboard;
    const rows = [...listRows(dashboard)].map(([title, panels]) => [
      title,
      ...panels.map((panel) => panel.description),
    ]);
    expect(rows.slice(0, 3)).to.deep.equal([
      ['BillService', 'bills_total, fed by @Counter on BillService.run'],
      ['MailService', 'mails_total, fed by @Counter on MailService.run'],
      ['Several classes', 'requests_total, fed by @Counter on BillService.run, @Counter on MailService.run'],
    ]);
  });

  it('writes only expressions that "check" accepts, with the rules of the objectives and the prefix of the recorder', async () => {
    const [rules, dashboard] = [pathOf('rules.yml'), pathOf('shop.json')];
    const [, , checked] = await runAll([
      ['rules', shop, '--library', '--prefix', 'eu_', '--out', rules],
      ['dashboard', shop, '--prefix', 'eu_', '--out', dashboard],
      ['check', shop, '--prefix', 'eu_', '--rules', rules, '--dashboards', dashboard],
    ]);
    expect(checked).to.include({ code: 0, err: '' });
    expect(checked?.out).to.match(/^0 errors, 0 remarks in \d\d\d expressions of 2 files\.\n$/);
  });

  it('says what to do about wrong arguments', async () => {
    const cases: readonly (readonly [args: string[], text: RegExp])[] = [
      [[], /a module is missing \(given none\)\. Call: flowplane-metrics dashboard <module>/],
      [['nowhere.mjs'], /nowhere\.mjs cannot be loaded/],
      [[shop, '--timeout', 'soon'], /--timeout must be a number/],
      [[shop, '--title', ''], /"title" must be a text that is not empty/],
      [[shop, '--refresh', 'often'], /"refresh" must be a time such as 10s/],
      [
        [shop, '--requests', 'koa'],
        /"requests" must be one of opentelemetry, express-prom-bundle, none \(given "koa"\)/,
      ],
      [[shop, '--titel', 'Shop'], /Did you mean --title\?/],
      [[shop, '--datasource'], /--datasource must have a value/],
    ];
    for (const [args, text] of cases) {
      const said: string[] = [];
      const output = {
        out: () => expect.fail('it has written a dashboard'),
        err: (line: string) => void said.push(line),
      };
      // Why in this process: another one takes a fifth of a second.
      const code = await dashboardCommand.run(args, output).catch((error: Error) => {
        said.push(error.message);
        return 2;
      });
      expect(code).to.equal(2);
      expect(said.join('')).to.match(text);
    }
  });

  it('says which families have no panel, as their names are written in several ways', async () => {
    const library = new URL('../../node/index.mjs', import.meta.url).href;
    const declared = ['http.server.requests', 'orders_total']
      .map((name, i) => `export const counter${i} = defineCounter({ name: '${name}', help: 'Some' });`)
      .join('\n');
    writeFileSync(pathOf('dotted.mjs'), `import { defineCounter } from '${library}';\n${declared}\n`);
    const { code, out, err } = await run('dashboard', pathOf('dotted.mjs'));
    expect({ code, err }).to.deep.equal({
      code: 0,
      err: 'dashboard: http.server.requests: no panel, because how Prometheus stores such a name depends on its version. Draw it in a row of your own, by createDashboard().\n',
    });
    expect(out).to.contain('orders_total').and.not.contain('http.server.requests');
  });

  it('says so where the modules declare nothing', async () => {
    writeFileSync(pathOf('nothing.mjs'), '');
    const { code, err } = await run('dashboard', pathOf('nothing.mjs'));
    expect({ code, err }).to.deep.equal({
      code: 2,
      err: `flowplane-metrics dashboard: no metric is declared (given ${pathOf('nothing.mjs')}). Give the modules that decorate methods, or that export what they define.\n`,
    });
  });

  it("names the package to install where Grafana's SDK is absent", () => {
    cpSync(bundles, pathOf('node'), { recursive: true });
    writeFileSync(
      pathOf('node/one.cjs'),
      "exports.one = require('./index.cjs').defineCounter({ name: 'one_total', help: 'One' });\n",
    );
    const args = [pathOf('node/flowplane-metrics.cjs'), 'dashboard', pathOf('node/one.cjs')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).to.deep.equal({
      status: 2,
      stdout: '',
      stderr:
        'flowplane-metrics dashboard: package "@grafana/grafana-foundation-sdk" is needed to write dashboards (given none that loads). Run: npm install --save-dev @grafana/grafana-foundation-sdk.\n',
    });
  });

  it('explains each of its options', () => {
    for (const option of ['title', 'datasource', 'prefix', 'requests', 'refresh', 'out', 'timeout']) {
      expect(dashboardCommand.help).to.contain(`--${option} `);
    }
  });
});
