import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { documents } from './documents/documents.js';
import { needs } from './needs.js';

describe('The snippets of the documents', () => {
  it('pass promtool check rules where they contain rules', function () {
    needs(this, 'promtool');
    const rules = documents.flatMap(({ path, fences }) =>
      fences
        .filter(({ language, text }) => language === 'yaml' && /^groups:$/m.test(text))
        .map((fence) => ({ path, ...fence })),
    );
    expect(rules.length).to.be.above(1);
    const folder = mkdtempSync(join(tmpdir(), 'rules-'));
    for (const { path, line, text } of rules) {
      const file = join(folder, 'rules.yml');
      writeFileSync(file, text);
      const { status, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
      expect({ status, stderr }, `${path}:${line}`).to.deep.equal({ status: 0, stderr: '' });
    }
    rmSync(folder, { recursive: true });
  });
});

/** What a Prometheus has scraped, one value for each of 30 minutes in promtool's notation, and when it fires an alert. */
interface Case {
  readonly series: Readonly<Record<string, string>>;
  readonly firing: Readonly<Record<number, boolean>>;
}

const started = 'process_start_time_seconds{job="app",instance="a"}';
const lost = 'flowplane_metrics_losses_total{job="app",instance="a",reason="overflow"}';
const up = 'up{job="app",instance="a"}';

/** For each case, when the alert on losses fires: with the metrics of the process. */
const losses: Readonly<Record<string, Case>> = {
  'the first loss of a process that runs for long': {
    series: { [started]: '-86400x30', [lost]: '0x14 1x15' },
    firing: { 14: false, 15: true, 23: true, 26: false },
  },
  'a loss before the first scrape': {
    series: { [started]: '_x10 590x20', [lost]: '_x10 1x20' },
    firing: { 9: false, 11: true, 19: true, 21: false },
  },
  'the same loss at each start': {
    series: { [started]: '-5x14 890x15', [lost]: '1x30' },
    firing: { 1: true, 14: false, 15: true, 24: true, 26: false },
  },
  'a restart without a loss': {
    series: { [started]: '-86400x14 890x15', [lost]: '7x14 0x15' },
    firing: { 14: false, 15: false, 20: false },
  },
  'a process that has lost something long ago, and is found now': {
    series: { [started]: '_x10 -86400x20', [lost]: '_x10 7x20' },
    firing: { 11: false, 15: false },
  },
};

/** The same for a service without metrics of its process. */
const lossesWithoutProcess: Readonly<Record<string, Case>> = {
  'the first loss': {
    series: { [up]: '1x30', [lost]: '0x14 1x15' },
    firing: { 14: false, 15: true, 23: true, 26: false },
  },
  'a loss before the first scrape': {
    series: { [up]: '_x10 1x20', [lost]: '_x10 1x20' },
    firing: { 9: false, 11: true, 19: true, 22: false },
  },
};

const size = (metric = '') =>
  [`flowplane_metrics_series{${metric}}`, `flowplane_metrics_series_limit{${metric}}`] as const;

const limits: Readonly<Record<string, Case>> = {
  'a metric that comes near its limit': {
    series: {
      [size('metric="m"')[0]]: '_x5 80x25',
      [size('metric="m"')[1]]: '_x5 100x25',
      [size()[0]]: '90x30',
      [size()[1]]: '1000x30',
    },
    firing: { 4: false, 14: false, 15: true },
  },
  'a recorder that comes near its limit': {
    series: { [size()[0]]: '79x4 80x25', [size()[1]]: '100x30' },
    firing: { 14: false, 15: true },
  },
};

describe('The alerts on what a recorder loses, as promtool evaluates them', () => {
  const page = documents.find(({ path }) => path === 'docs/reference/metrics.md');
  const rules = page?.fences.find(({ text }) => text.includes('ObservationsDropped'))?.text ?? '';
  const withoutProcess =
    /write `(\(flowplane_metrics_losses_total .*?)`,/.exec(page?.lines.join('\n') ?? '')?.[1] ?? '';
  const firstLine = /\(flowplane_metrics_losses_total and on .*> 0/;

  const test = (alert: string, text: string, cases: Readonly<Record<string, Case>>): void => {
    const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    writeFileSync(join(folder, 'rules.yml'), text);
    const tests = Object.entries(cases).map(([name, { series, firing }]) => ({
      name,
      interval: '1m',
      input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
      promql_expr_test: Object.entries(firing).map(([minute, isFiring]) => ({
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: `${minute}m`,
        exp_samples: [{ labels: '{}', value: Number(isFiring) }],
      })),
    }));
    writeFileSync(
      join(folder, 'test.json'),
      JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }),
    );
    const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'test.json'], { cwd: folder, encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(stdout + stderr)
      .to.contain('SUCCESS')
      .and.not.contain('FAILED');
  };

  before(function () {
    needs(this, 'promtool');
  });

  it('fire for each loss, before the first scrape and after a restart too, and for nothing long ago', () => {
    test('ObservationsDropped', rules, losses);
  });

  it('fire for each loss of a service without metrics of its process, by what the page says for it', () => {
    expect(rules).to.match(firstLine);
    test('ObservationsDropped', rules.replace(firstLine, withoutProcess), lossesWithoutProcess);
  });

  it('fire for a metric and for a whole recorder that have four fifths of their limit', () => {
    test('SeriesNearTheirLimit', rules, limits);
  });
});
