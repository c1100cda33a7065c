import { readFileSync } from 'node:fs';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { expect } from 'chai';
import { dashboard } from './dashboard.js';
import { rows } from './dashboard-panels.js';
import { dashboardFile, jsonOf, monitoring } from './files.js';

describe('The dashboard "Flowplane – team metrics"', () => {
  const panels = Object.values(rows).flat();

  it('is kept as JSON that is up to date (npm run dashboard writes it)', () => {
    expect(readFileSync(dashboardFile, 'utf8')).to.equal(jsonOf(dashboard()));
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
