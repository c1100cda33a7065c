import { readFileSync } from 'node:fs';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { expect } from 'chai';
import { buildDashboard, dashboardJson } from './dashboard.js';
import { rows } from './dashboard-panels.js';
import { dashboardFile, monitoringFolder } from './paths.js';

describe('The dashboard "Flowplane – team metrics"', () => {
  const panels = Object.values(rows).flat();

  it('has an up-to-date JSON file (npm run dashboard --workspace samples/flowplane writes it)', () => {
    expect(readFileSync(dashboardFile, 'utf8')).to.equal(dashboardJson());
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
