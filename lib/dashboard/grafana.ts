import type { Panel, Threshold } from '@grafana/grafana-foundation-sdk/dashboard';
import { exportsOf, type PeerUse, peerError } from '../peers.js';
import type { Board, BoardAnnotation, BoardVariable, DashboardJson, PanelQuery } from './board.js';
import { hashText, layOut, type PlacedPanel, type PlacedRow } from './layout.js';

const peer: PeerUse = {
  packages: ['@grafana/grafana-foundation-sdk'],
  purpose: 'to write dashboards',
  install: '--save-dev @grafana/grafana-foundation-sdk',
};

/** The parts of Grafana's SDK that are used. */
interface Sdk {
  readonly common: typeof import('@grafana/grafana-foundation-sdk/common');
  readonly dashboard: typeof import('@grafana/grafana-foundation-sdk/dashboard');
  readonly heatmap: typeof import('@grafana/grafana-foundation-sdk/heatmap');
  readonly piechart: typeof import('@grafana/grafana-foundation-sdk/piechart');
  readonly prometheus: typeof import('@grafana/grafana-foundation-sdk/prometheus');
  readonly stat: typeof import('@grafana/grafana-foundation-sdk/stat');
  readonly timeseries: typeof import('@grafana/grafana-foundation-sdk/timeseries');
}

/**
 * Loads what writes a dashboard as Grafana reads it.
 *
 * @throws MetricsError `missing_peer` where Grafana's SDK is not installed, or is of a version that does not serve; the function
 *   that it returns throws it too.
 */
export async function loadGrafana(): Promise<(board: Board) => DashboardJson> {
  let sdk: Sdk;
  try {
    sdk = {
      common: exportsOf(await import('@grafana/grafana-foundation-sdk/common')),
      dashboard: exportsOf(await import('@grafana/grafana-foundation-sdk/dashboard')),
      heatmap: exportsOf(await import('@grafana/grafana-foundation-sdk/heatmap')),
      piechart: exportsOf(await import('@grafana/grafana-foundation-sdk/piechart')),
      prometheus: exportsOf(await import('@grafana/grafana-foundation-sdk/prometheus')),
      stat: exportsOf(await import('@grafana/grafana-foundation-sdk/stat')),
      timeseries: exportsOf(await import('@grafana/grafana-foundation-sdk/timeseries')),
    };
  } catch (cause) {
    throw peerError('dashboard', peer, cause);
  }
  return (board) => {
    try {
      return new GrafanaWriter(sdk, board).write();
    } catch (cause) {
      // Why: a version that lacks a builder, or what a builder does, is found only when it is used.
      throw peerError('dashboard', peer, cause);
    }
  };
}

/** The variable that chooses the data source, where the dashboard names none. */
const datasourceVariable = 'datasource';

/** Writes one dashboard by the builders of Grafana's SDK. */
class GrafanaWriter {
  readonly #sdk: Sdk;
  readonly #board: Board;
  readonly #datasource: { readonly type: string; readonly uid: string };

  constructor(sdk: Sdk, board: Board) {
    this.#sdk = sdk;
    this.#board = board;
    this.#datasource = { type: 'prometheus', uid: board.datasource ?? `\${${datasourceVariable}}` };
  }

  write(): DashboardJson {
    const { title, description, refresh, variables, rows } = this.#board;
    const { DashboardBuilder, DashboardCursorSync, DatasourceVariableBuilder } = this.#sdk.dashboard;
    const builder = new DashboardBuilder(title)
      .uid(toUid(title))
      .description(description)
      .tags(['flowplane-metrics'])
      .refresh(refresh)
      .tooltip(DashboardCursorSync.Crosshair)
      .time({ from: 'now-1h', to: 'now' })
      .annotations(this.#board.annotations.map((annotation) => this.#createAnnotation(annotation)));
    if (this.#board.datasource === undefined) {
      builder.withVariable(new DatasourceVariableBuilder(datasourceVariable).label('Data source').type('prometheus'));
    }
    for (const variable of variables) builder.withVariable(this.#createVariable(variable));
    const panels = layOut(rows).flatMap((row) => this.#createRow(row));
    return { ...builder.build(), panels };
  }

  #createAnnotation({ title, expr, color, isEnabled }: BoardAnnotation) {
    const { AnnotationQueryBuilder } = this.#sdk.dashboard;
    return new AnnotationQueryBuilder()
      .name(title)
      .datasource(this.#datasource)
      .enable(isEnabled)
      .iconColor(color)
      .target(this.#createQuery('Anno', expr).range())
      .titleFormat('{{alertname}}')
      .textFormat('{{instance}} {{metric}}')
      .tagKeys('severity');
  }

  #createVariable({ name, values, allMatchesNothing }: BoardVariable) {
    const { CustomVariableBuilder, QueryVariableBuilder, VariableRefresh, VariableSort } = this.#sdk.dashboard;
    const builder =
      typeof values === 'string'
        ? new QueryVariableBuilder(name)
            .datasource(this.#datasource)
            .query(values)
            .refresh(VariableRefresh.OnTimeRangeChanged)
            .sort(VariableSort.AlphabeticalAsc)
        : new CustomVariableBuilder(name).values(values.map((value) => value.replaceAll(',', '\\,')).join(','));
    builder.label(name).multi(true).includeAll(true).current({ text: 'All', value: '$__all' });
    return allMatchesNothing ? builder.allValue('.*') : builder;
  }

  /** A row and its panels; those of a closed one stand in it. */
  #createRow(row: PlacedRow): object[] {
    const panels = row.panels.map((panel) => this.#createPanel(panel));
    const { RowBuilder } = this.#sdk.dashboard;
    const builder = new RowBuilder(row.title)
      .id(row.id)
      .gridPos(row.at)
      .collapsed(row.isCollapsed ?? false);
    const built = builder.build();
    return row.isCollapsed ? [{ ...built, panels }] : [built, ...panels];
  }

  #createPanel(panel: PlacedPanel): Panel {
    const { title, description = '', unit = 'short', queries, at, id } = panel;
    const builder = this.#createVisualization(panel)
      .id(id)
      .title(title)
      .description(description)
      .datasource(this.#datasource)
      .unit(unit)
      .gridPos(at);
    for (const [index, query] of queries.entries()) builder.withTarget(this.#createTarget(panel, query, index));
    return builder.build();
  }

  #createTarget({ type = 'timeseries', hasExemplars = false }: PlacedPanel, query: PanelQuery, index: number) {
    const { PromQueryFormat } = this.#sdk.prometheus;
    const target = this.#createQuery(refIdOf(index), String(query.expr)).legendFormat(query.legend);
    // Why of the first query alone: the others would ask for the same exemplars.
    if (hasExemplars && index === 0) target.exemplar(true);
    if (type === 'heatmap') target.format(PromQueryFormat.Heatmap);
    return type === 'stat' || type === 'piechart' ? target.instant() : target.range();
  }

  #createQuery(refId: string, expression: string) {
    const { DataqueryBuilder } = this.#sdk.prometheus;
    return new DataqueryBuilder().refId(refId).datasource(this.#datasource).expr(expression);
  }

  #createVisualization(panel: PlacedPanel) {
    switch (panel.type ?? 'timeseries') {
      case 'stat':
        return this.#createStat(panel);
      case 'piechart':
        return this.#createPieChart();
      case 'heatmap':
        return this.#createHeatMap(panel);
      case 'timeseries':
        return this.#createTimeSeries(panel);
    }
  }

  #createStat(panel: PlacedPanel) {
    const { PanelBuilder } = this.#sdk.stat;
    const builder = new PanelBuilder().reduceOptions(this.#takeLast());
    const steps = stepsOf(panel);
    return steps === undefined ? builder : builder.thresholds(this.#createThresholds(steps));
  }

  #createPieChart() {
    const { PanelBuilder, PieChartLegendOptionsBuilder } = this.#sdk.piechart;
    return new PanelBuilder()
      .reduceOptions(this.#takeLast())
      .legend(new PieChartLegendOptionsBuilder().showLegend(true));
  }

  #createHeatMap({ unit = 'short' }: PlacedPanel) {
    const { PanelBuilder, YAxisConfigBuilder } = this.#sdk.heatmap;
    return new PanelBuilder().yAxis(new YAxisConfigBuilder().unit(unit));
  }

  #createTimeSeries(panel: PlacedPanel) {
    const { PanelBuilder } = this.#sdk.timeseries;
    const { GraphThresholdsStyleConfigBuilder, GraphThresholdsStyleMode, VizLegendOptionsBuilder } = this.#sdk.common;
    // Why told: without it a panel made by the SDK has no legend.
    const builder = new PanelBuilder().axisSoftMin(0).legend(new VizLegendOptionsBuilder().showLegend(true));
    if (panel.hasBound) builder.overrideByQuery(refIdOf(panel.queries.length - 1), [dashed]);
    const steps = stepsOf(panel);
    if (steps === undefined) return builder;
    return builder
      .thresholds(this.#createThresholds(steps))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line));
  }

  #createThresholds(steps: readonly Threshold[]) {
    const { ThresholdsConfigBuilder, ThresholdsMode } = this.#sdk.dashboard;
    return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);
  }

  #takeLast() {
    const { ReduceDataOptionsBuilder } = this.#sdk.common;
    return new ReduceDataOptionsBuilder().calcs(['lastNotNull']);
  }
}

/** The line of a bound. */
const dashed = { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } };

/** The colours of values, from the least on. */
function stepsOf({ limit, floor }: PlacedPanel): readonly Threshold[] | undefined {
  if (limit !== undefined) return [step(null, 'green'), step(limit, 'red')];
  if (floor !== undefined) return [step(null, 'red'), step(floor, 'green')];
  return undefined;
}

const step = (value: number | null, color: string): Threshold => ({ value, color });

/** The letter of a query: Grafana numbers them A, B, C, and so on. */
const refIdOf = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

/** How long the identifier of a dashboard may be. Source: Grafana, "Dashboard HTTP API", identifier and unique identifier. */
const maxUidLength = 40;

/** Makes the identifier of a dashboard from its title, so that a new version takes the place of the one before. */
function toUid(title: string): string {
  const words =
    title
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const uid = words.join('-').slice(0, maxUidLength).replace(/-$/, '');
  return uid === '' ? `metrics-${hashText(title)}` : uid;
}
