import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue, defineCounter, defineHistogram, type Family } from 'flowplane-metrics';
import { countOf, histogramQuantile, increaseFromZero, rate } from 'flowplane-metrics/promql';
import { ours, type Row } from './measurement.js';

const program = fileURLToPath(new URL('../node/flowplane-metrics.cjs', import.meta.url));

/** 20 families with which a service has its rules and panels. */
const services = Array.from({ length: 10 }, (_, i) => ({
  calls: defineCounter({
    name: `service_${i}_calls_total`,
    help: 'Calls',
    labels: { team: {}, outcome: { oneOf: ['success', 'error'] } },
  }),
  duration: defineHistogram({ name: `service_${i}_duration_seconds`, help: 'Duration', labels: { team: {} } }),
}));

/** Expressions of the usual kinds, each one a little different. */
const expressions = Array.from({ length: 1000 }, (_, i) => {
  const { calls, duration } = services[i % services.length] as (typeof services)[number];
  const window = `${5 + (i % 7)}m` as const;
  const all = rate(calls, window).sumBy('team');
  const kinds = [
    all
      .where({ outcome: 'error' })
      .dividedBy(all)
      .above(i / 1000),
    histogramQuantile(0.99, duration, window)
      .by('team')
      .above(i / 1000),
    increaseFromZero(calls, window).sumBy('team', 'outcome').above(i),
    rate(countOf(duration), window)
      .where({ team: `t${i}` })
      .sum(),
  ];
  return String(kinds[i % kinds.length]);
});

/** How long the command takes, with the start of its process: half of the expressions in rules, half in a dashboard. */
async function checkCold(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-check-'));
  try {
    const [rules, panels] = [expressions.slice(0, 500), expressions.slice(500)];
    const families: Family[] = services.flatMap(({ calls, duration }) => [calls, duration]);
    writeFileSync(join(folder, 'catalogue.json'), JSON.stringify(catalogue(families)));
    const alert = (expr: string, i: number) =>
      `      - alert: A${i}\n        expr: |-\n          ${expr}\n        for: 5m\n`;
    writeFileSync(join(folder, 'rules.yml'), `groups:\n  - name: a\n    rules:\n${rules.map(alert).join('')}`);
    const panel = (expr: string, id: number) => ({ id, type: 'timeseries', title: `P${id}`, targets: [{ expr }] });
    writeFileSync(join(folder, 'dashboard.json'), JSON.stringify({ panels: panels.map(panel) }, undefined, 2));
    const args = ['check', '--catalogue', 'catalogue.json', '--rules', 'rules.yml', '--dashboards', 'dashboard.json'];
    const start = performance.now();
    const printed = execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
    const taken = performance.now() - start;
    if (!printed.startsWith('0 errors, 0 remarks in 1,000 expressions')) throw new Error(printed.slice(-200));
    return taken;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a check of rules and dashboards costs. */
export const rows: Readonly<Record<string, Row>> = {
  'check of 1,000 expressions against a catalogue, cold, with the start of Node': {
    unit: 'ms',
    most: 1000,
    clients: { [ours]: checkCold },
  },
};
