/** An expression of PromQL: a text, or a query of `flowplane-metrics/promql`. */
export type PromqlText = string | { toString(): string; toJSON(): string };

/** A query of a panel. */
export interface PanelQuery {
  readonly expr: PromqlText;
  /** The legend of its series: a text, with a label of the result in `{{…}}`. */
  readonly legend: string;
}

/** What a panel draws. A stat and a pie have the present values only. */
export type PanelType = 'timeseries' | 'stat' | 'piechart' | 'heatmap';

/** A panel of a dashboard. */
export interface DashboardPanel {
  readonly title: string;
  /** What stands behind the title's sign. Default: none. */
  readonly description?: string;
  /** Default: `timeseries`. */
  readonly type?: PanelType;
  /** A unit of Grafana, such as `s`, `bytes` or `reqps`. Default: `short`. */
  readonly unit?: string;
  readonly queries: readonly [PanelQuery, ...PanelQuery[]];
}

/** A row of a dashboard, which may be closed. */
export interface DashboardRow {
  readonly title: string;
  readonly panels: readonly DashboardPanel[];
  /** Whether it is closed at first, so that its queries cost nothing. Default: `false`. */
  readonly isCollapsed?: boolean;
}

/** A panel as it is drawn: what a generated one has beside what a user writes. */
export interface DrawnPanel extends DashboardPanel {
  /** What the id is made of. It stays the same as long as the panel is about the same. */
  readonly key?: string;
  /** Whether it begins a line of its own; the panels after it stand beside it. */
  readonly startsLine?: boolean;
  /** Whether the first query has exemplars. */
  readonly hasExemplars?: boolean;
  /** Whether the last query is a bound of the others. */
  readonly hasBound?: boolean;
  /** A line at this value, above which it is bad. */
  readonly limit?: number;
  /** Below this value it is bad. */
  readonly floor?: number;
}

/** A row as it is drawn. */
export interface DrawnRow extends DashboardRow {
  readonly panels: readonly DrawnPanel[];
}

/** A variable of a dashboard, from which its readers choose. */
export interface BoardVariable {
  readonly name: string;
  /** The query of its values, or the values. */
  readonly values: string | readonly string[];
  /** Whether "All" matches series without the label too. */
  readonly allMatchesNothing: boolean;
}

/** What is marked in every graph. */
export interface BoardAnnotation {
  readonly title: string;
  /** Its series are the marks. */
  readonly expr: string;
  readonly color: string;
  /** Whether it is marked before the reader asks for it. */
  readonly isEnabled: boolean;
}

/** A dashboard before it has a format. */
export interface Board {
  readonly title: string;
  readonly description: string;
  readonly refresh: string;
  /** The identifier of the data source; `undefined` for one that the reader chooses. */
  readonly datasource: string | undefined;
  readonly variables: readonly BoardVariable[];
  readonly annotations: readonly BoardAnnotation[];
  readonly rows: readonly DrawnRow[];
}

/** A dashboard as Grafana loads it: write it into a file with `JSON.stringify`. */
export type DashboardJson = Readonly<Record<string, unknown>>;
