import { readFileSync } from 'node:fs';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { dashboard } from './dashboard.js';
import { rows } from './dashboard-panels.js';
import { dashboardSchema } from './dashboard-schema.js';
import { dashboardFile, jsonOf, monitoring } from './files.js';

describe('The dashboard "Flowplane – team metrics"', () => {
  const panels = Object.values(rows).flat();

  it('is kept as JSON that is up to date (npm run dashboard writes it)', () => {
    expect(readFileSync(dashboardFile, 'utf8')).to.equal(jsonOf(dashboard()));
  });

  describe("by Grafana's dashboard schema", () => {
    type Json = Record<string, unknown>;
    const read = () => JSON.parse(readFileSync(dashboardFile, 'utf8'));
    let isValid: ValidateFunction;

    before(() => {
      isValid = new Ajv({ strict: false }).compile(dashboardSchema() as SchemaObject);
    });

    it('is valid', () => {
      isValid(read());
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
        'a legend that is no text',
        (it) => Object.assign((first(it, 'stat')['targets'] as unknown as Json[])[0] as Json, { legendFormat: 1 }),
      ],
      [
        'a unit that is no text',
        (it) => Object.assign(first(it, 'piechart')['fieldConfig']?.['defaults'] as Json, { unit: 1 }),
      ],
      [
        'a place for the legend that there is not',
        (it) => Object.assign(first(it, 'timeseries')['options']?.['legend'] as Json, { placement: 'left' }),
      ],
      [
        'an option of another kind of panel',
        (it) => Object.assign(first(it, 'stat')['options'] as Json, { pieType: 'donut' }),
      ],
      ['a kind of panel that is not used', (it) => Object.assign(first(it, 'stat'), { type: 'graph' })],
      ['a field that there is not', (it) => Object.assign(it, { refesh: '10s' })],
    ];
    for (const [what, change] of wrong) {
      it(`would not be, with ${what}`, () => {
        const dashboard = read();
        change(dashboard);
        expect(isValid(dashboard)).to.equal(false);
      });
    }
  });

  it('names the datasource that Grafana is provisioned with, and nothing else', () => {
    const provisioned = readFileSync(`${monitoring}/grafana/provisioning/datasources/prometheus.yml`, 'utf8');
    const uid = /^ +uid: (.+)$/m.exec(provisioned)?.[1];
    const named = [...readFileSync(dashboardFile, 'utf8').matchAll(/"datasource": \{[^}]*"uid": "([^"]*)"/g)];
    expect([...new Set(named.map(([, one]) => one))]).to.deep.equal([uid]);
  });

  it('refreshes every 10 seconds', () => {
    expect(dashboard().refresh).to.equal('10s');
  });

  it('gives each panel an id, a place within the grid and, but for rows, a query with a name', () => {
    const built = dashboard().panels ?? [];
    expect(new Set(built.map(({ id }) => id)).size).to.equal(built.length);
    for (const panel of built) {
      const { x, w } = panel.gridPos ?? { x: 0, w: 0 };
      expect(x + w, panel.title).to.be.within(1, 24);
      if ('targets' in panel) expect(panel.targets?.[0]).to.have.property('refId', 'A');
      else expect(panel.type).to.equal('row');
    }
  });

  for (const { title, unit, queries } of panels) {
    it(`has a unit that Grafana knows, and a legend that tells the series apart: ${title}`, () => {
      expect(Object.values(units)).to.include(unit);
      const grouped = queries.map(({ expr }) => /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? []);
      queries.forEach(({ legend }, index) => {
        const wanted = grouped[index]?.filter((label) => label !== 'le') ?? [];
        expect(wanted.filter((label) => !legend.includes(`{{${label}}}`))).to.deep.equal([]);
      });
      expect(new Set(queries.map(({ legend }) => legend)).size).to.equal(queries.length);
    });
  }
});
