import { ReduceDataOptionsBuilder, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as PieChart, PieChartLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/piechart';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { type PanelSpec, rows } from './dashboard-panels.js';

/** The datasource of grafana/provisioning/datasources. */
const datasource = { type: 'prometheus', uid: 'flowplane-prometheus' };

/** The dashboard "Flowplane – team metrics". */
export function buildDashboard(): Dashboard {
  const board = new DashboardBuilder('Flowplane – team metrics')
    .uid('flowplane-team-metrics')
    .description('Resources, connections and access per team; health of the API and of its exporter.')
    .tags(['flowplane'])
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .withVariable(
      new QueryVariableBuilder('team')
        .label('Team')
        .datasource(datasource)
        .query('label_values(xds_team_resources_total, team)')
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue('.*')
        .current({ text: 'All', value: '$__all' }),
    );
  let id = 1;
  for (const [title, panels] of Object.entries(rows)) {
    board.withRow(new RowBuilder(title).id(id++));
    for (const panel of panels) board.withPanel(buildPanel(panel, id++));
  }
  return board.build();
}

/** The dashboard as the JSON file that Grafana loads. */
export const dashboardJson = (): string => `${JSON.stringify(buildDashboard(), undefined, 2)}\n`;

function buildPanel({ title, description, type, unit, queries }: PanelSpec, id: number) {
  const panel = createPanel(type).id(id).title(title).description(description).datasource(datasource).unit(unit);
  for (const [index, { expr, legend }] of queries.entries()) {
    const query = new DataqueryBuilder()
      .refId('ABC'.charAt(index))
      .datasource(datasource)
      .expr(expr)
      .legendFormat(legend);
    panel.withTarget(type === 'timeseries' ? query.range() : query.instant());
  }
  return panel;
}

function createPanel(type: PanelSpec['type']): Stat | PieChart | TimeSeries {
  switch (type) {
    case 'stat':
      return new Stat().span(6).height(4).reduceOptions(lastValue());
    case 'piechart':
      return new PieChart()
        .span(8)
        .height(8)
        .reduceOptions(lastValue())
        .legend(new PieChartLegendOptionsBuilder().showLegend(true));
    case 'timeseries':
      return new TimeSeries().span(8).height(8).min(0).legend(new VizLegendOptionsBuilder().showLegend(true));
  }
}

const lastValue = () => new ReduceDataOptionsBuilder().calcs(['lastNotNull']);
