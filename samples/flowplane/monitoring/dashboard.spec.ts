import { readFileSync } from 'node:fs';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { buildDashboard, dashboardJson } from './dashboard.js';
import { rows } from './dashboard-panels.js';
import { dashboardFile, monitoringFolder } from './paths.js';
import { dashboardSchema } from './testing/dashboard-schema.js';

describe('The dashboard "Flowplane – team metrics"', () => {
  const panels = Object.values(rows).flat();

  it('has an up-to-date JSON file (npm run dashboard --workspace samples/flowplane writes it)', () => {
    expect(readFileSync(dashboardFile, 'utf8')).to.equal(dashboardJson());
  });

  describe("validated by Grafana's dashboard schema", () => {
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

  it('names only the datasource that Grafana is provisioned with', () => {
    const provisioned = readFileSync(`${monitoringFolder}/grafana/provisioning/datasources/prometheus.yml`, 'utf8');
    const uid = /^ +uid: (.+)$/m.exec(provisioned)?.[1];
    const named = [...readFileSync(dashboardFile, 'utf8').matchAll(/"datasource": \{[^}]*"uid": "([^"]*)"/g)];
    expect([...new Set(named.map(([, one]) => one))]).to.deep.equal([uid]);
  });

  it('refreshes every 10 seconds', () => {
    expect(buildDashboard().refresh).to.equal('10s');
  });

  it('gives each panel an id, a position inside the grid and, except rows, a query with a refId', () => {
    const built = buildDashboard().panels ?? [];
    expect(new Set(built.map(({ id }) => id)).size).to.equal(built.length);
    for (const panel of built) {
      const { x, w } = panel.gridPos ?? { x: 0, w: 0 };
      expect(x + w, panel.title).to.be.within(1, 24);
      if ('targets' in panel) expect(panel.targets?.[0]).to.have.property('refId', 'A');
      else expect(panel.type).to.equal('row');
    }
  });

  for (const { title, unit, queries } of panels) {
    it(`has a known unit and a legend with every grouping label: panel "${title}"`, () => {
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
