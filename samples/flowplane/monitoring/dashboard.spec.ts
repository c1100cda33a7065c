import { readFileSync } from 'node:fs';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { expect } from 'chai';
import { buildDashboard, dashboardJson } from './dashboard.js';
import { rows } from './dashboard-panels.js';
import { dashboardFile, monitoringFolder, sampleFolder } from './paths.js';
import { readPanels } from './read-dashboard.js';
import { recorded } from './recording-rules.js';

describe('The dashboard "Flowplane – team metrics"', () => {
  const panels = readPanels();

  it('has an up-to-date JSON file (npm run dashboard --workspace samples/flowplane writes it)', async () => {
    expect(readFileSync(dashboardFile, 'utf8')).to.equal(await dashboardJson());
  });

  it('begins with the rows that the architecture wants', () => {
    const wanted = rows.flatMap((row) => row.panels.map(({ title }) => title));
    expect(panels.slice(0, wanted.length).map(({ title }) => title)).to.deep.equal(wanted);
  });

  it('has typed queries in the rows that the architecture wants, so that a label that the code renames does not compile', () => {
    const queries = rows.flatMap((row) => row.panels.flatMap((panel) => panel.queries));
    expect(queries.filter(({ expr }) => typeof expr === 'string')).to.deep.equal([]);
    // @ts-expect-error: no rule records this.
    recorded('team:xds_resources:count', 'team');
    // @ts-expect-error: the query of the rule leaves no such label.
    recorded('team:xds_resources:sum', 'resource_type');
  });

  it('draws every metric that the control plane declares', () => {
    const table = readFileSync(`${sampleFolder}/README.md`, 'utf8');
    const names = [...table.matchAll(/^\| `(\w+)` \| (?:counter|gauge|histogram)/gm)].map(([, name = '']) => name);
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n');
    expect(names).to.have.length.above(5);
    expect(names.filter((name) => !new RegExp(`\\b${name}(?:_bucket|_count)?\\b`).test(expressions))).to.deep.equal([]);
  });

  it('names only the datasource that Grafana is provisioned with', () => {
    const provisioned = readFileSync(`${monitoringFolder}/grafana/provisioning/datasources/prometheus.yml`, 'utf8');
    const uid = /^ +uid: (.+)$/m.exec(provisioned)?.[1];
    const named = [...readFileSync(dashboardFile, 'utf8').matchAll(/"datasource": \{[^}]*"uid": "([^"]*)"/g)];
    expect([...new Set(named.map(([, one]) => one))]).to.deep.equal([uid]);
  });

  it('refreshes every 10 seconds', async () => {
    expect((await buildDashboard())['refresh']).to.equal('10s');
  });

  it('gives each panel an id, a position inside the grid and a query with a refId', () => {
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    for (const { title, gridPos, targets } of panels) {
      expect(gridPos.x + gridPos.w, title).to.be.within(1, 24);
      expect(targets[0], title).to.have.property('refId', 'A');
    }
  });

  it('has known units, and in the legend of a query every label that it groups by', () => {
    for (const { title, targets, fieldConfig } of panels) {
      expect(Object.values(units), title).to.include(fieldConfig.defaults.unit);
      for (const { expr, legendFormat } of targets) {
        const grouped = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? [];
        expect(
          grouped.filter((label) => label !== 'le' && !legendFormat.includes(`{{${label}}}`)),
          title,
        ).to.deep.equal([]);
      }
      expect(new Set(targets.map(({ legendFormat }) => legendFormat)).size, title).to.equal(targets.length);
    }
  });
});
