import { readFileSync } from 'node:fs';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { catalogue, defineCounter, defineGauge, defineHistogram } from 'flowplane-metrics';
import { createDashboard } from 'flowplane-metrics/dashboard';
import { dashboardFile } from './paths.js';
import { dashboardSchema } from './testing/dashboard-schema.js';

// Why with the proofs: to make the schema from Grafana's types takes as long as ten other specs.
describe('The dashboard "Flowplane – team metrics", validated by Grafana\'s dashboard schema', function () {
  this.timeout(120_000);
  type Json = Record<string, unknown>;
  const read = () => JSON.parse(readFileSync(dashboardFile, 'utf8'));
  let isValid: ValidateFunction;

  before(() => {
    isValid = new Ajv({ strict: false }).compile(dashboardSchema() as SchemaObject);
  });

  it('has a valid JSON file', () => {
    isValid(read());
    expect(isValid.errors).to.equal(null);
  });

  it('has a valid sister of metrics of all kinds, with objectives, bounds and a data source that the reader chooses', async () => {
    const labels = { outcome: { oneOf: ['success', 'error'] } } as const;
    const families = [
      defineCounter({ name: 'a_total', help: 'A', labels, objective: { ratio: 0.9, errors: { outcome: 'error' } } }),
      defineGauge({ name: 'b', help: 'B' }),
      defineGauge({ name: 'b_limit', help: 'The most of B' }),
      defineGauge({ name: 'c_timestamp_seconds', help: 'C', labels: { team: { limit: 9 } } }),
      defineHistogram({ name: 'd_seconds', help: 'D', native: true, objective: { ratio: 0.9, under: 1 } }),
    ];
    isValid(JSON.parse(JSON.stringify(await createDashboard(catalogue(families)))));
    expect(isValid.errors).to.equal(null);
  });

  const first = (dashboard: Json, type: string) =>
    (dashboard['panels'] as Json[]).find((panel) => panel['type'] === type) as Record<string, Json>;
  const wrong: readonly [what: string, change: (dashboard: Json) => void][] = [
    [
      'a query without an expression',
      (it) => delete (first(it, 'timeseries')['targets'] as unknown as Json[])[0]?.['expr'],
    ],
    [
      'a legend that is not a string',
      (it) => Object.assign((first(it, 'stat')['targets'] as unknown as Json[])[0] as Json, { legendFormat: 1 }),
    ],
    [
      'a unit that is not a string',
      (it) => Object.assign(first(it, 'piechart')['fieldConfig']?.['defaults'] as Json, { unit: 1 }),
    ],
    [
      'an unknown legend placement',
      (it) => Object.assign(first(it, 'timeseries')['options']?.['legend'] as Json, { placement: 'left' }),
    ],
    [
      'an option of another panel type',
      (it) => Object.assign(first(it, 'stat')['options'] as Json, { pieType: 'donut' }),
    ],
    ['an unknown panel type', (it) => Object.assign(first(it, 'stat'), { type: 'graph' })],
    [
      'an annotation without an expression',
      (it) => delete (it['annotations'] as { list: { target: Json }[] }).list[0]?.target['expr'],
    ],
    ['a misspelt field', (it) => Object.assign(it, { refesh: '10s' })],
  ];
  for (const [what, change] of wrong) {
    it(`becomes invalid with ${what}`, () => {
      const dashboard = read();
      change(dashboard);
      expect(isValid(dashboard)).to.equal(false);
    });
  }
});
