import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { type Problem, refuseIfAny } from '../error.js';
import { isMetricName } from '../families/naming.js';
import { print } from '../promql/node.js';
import { checkOptions, isFunction, isListOf, isObject, isOneOf, isText, problem, type Rules } from '../validation.js';
import type { Board, BoardAnnotation, DashboardJson, DashboardRow, PanelType } from './board.js';
import { createClassRows } from './class-rows.js';
import { loadGrafana } from './grafana.js';
import { createLibraryRow } from './library-row.js';
import { createObjectiveRows } from './objective-rows.js';
import { createProcessRow } from './process-row.js';
import { createRequestRow, listRequestFamilies, type RequestNames, requestNames } from './request-row.js';
import { createVariables } from './variables.js';

/** How a dashboard is made. Every option may be left out. */
export interface DashboardOptions {
  /** The title, of which the address of the dashboard is made. Default `'Service metrics'`. */
  readonly title?: string;
  /** The identifier of the data source in Grafana. Default: a variable, from which the reader chooses a Prometheus. */
  readonly datasource?: string;
  /** The recorder's option `prefix`. Default: none. */
  readonly prefix?: string;
  /** How often it asks again, such as `10s`. Default `'30s'`. */
  readonly refresh?: string;
  /** The option `names` of `httpMetrics`; `'none'` for no row of requests. Default `'opentelemetry'`. */
  readonly requests?: RequestNames | 'none';
  /** Rows of your own, which stand first. Default: none. */
  readonly rows?: readonly DashboardRow[];
}

const isDuration = (value: unknown): boolean => typeof value === 'string' && /^[1-9]\d*[smhd]$/.test(value);

const panelTypes: readonly PanelType[] = ['timeseries', 'stat', 'piechart', 'heatmap'];

const isRow = (value: unknown): boolean =>
  isObject(value) && isText(value['title']) && Array.isArray(value['panels']) && value['panels'].every(isPanel);

const isPanel = (value: unknown): boolean =>
  isObject(value) &&
  isText(value['title']) &&
  [value['unit'], value['description']].every((text) => text === undefined || typeof text === 'string') &&
  isOneOf([undefined, ...panelTypes])(value['type']) &&
  isListOf(isQuery)(value['queries']);

const isQuery = (value: unknown): boolean =>
  isObject(value) && isPromqlText(value['expr']) && typeof value['legend'] === 'string';

/** Why by toJSON: each object has a text, such as "[object Object]", and only a query can be written as JSON. */
const isPromqlText = (value: unknown): boolean =>
  isText(value) || (isObject(value) && isFunction(value['toJSON']) && isText(String(value)));

/** What every option must be. */
const optionRules = {
  title: { must: 'be a text that is not empty', accepts: isText, remedy: 'Leave it out for "Service metrics"' },
  datasource: {
    must: 'be a text that is not empty',
    accepts: isText,
    remedy: 'Write the uid of the data source, or leave it out for a variable',
  },
  prefix: {
    must: 'begin a metric name, of letters, digits, underscores and colons',
    accepts: (value) => value === '' || isMetricName(value),
    remedy: 'Write that of the recorder, for example "billing_", or leave it out for none',
  },
  refresh: { must: 'be a time such as 10s or 5m', accepts: isDuration, remedy: 'Leave it out for 30s' },
  requests: {
    must: `be one of ${[...requestNames, 'none'].join(', ')}`,
    accepts: isOneOf([...requestNames, 'none']),
    remedy: "Leave it out for OpenTelemetry's",
  },
  rows: {
    must: `be a list of rows, each with a title and panels of a type (${panelTypes.join(', ')}) with queries`,
    accepts: (value) => Array.isArray(value) && value.every(isRow),
    remedy: 'Write for example [{ title: "Totals", panels: [{ title: "Up", queries: [{ expr: "up", legend: "" }] }] }]',
  },
} satisfies Rules;

const site = 'createDashboard';

/**
 * Checks options that may come from JavaScript.
 *
 * @throws MetricsError with each option that is wrong.
 */
export const checkDashboardOptions = (options: unknown): void => refuseIfAny(site, checkOptions(options, optionRules));

/**
 * Makes a dashboard for Grafana of what is declared: a row for each class that feeds metrics and for each objective, and rows
 * for HTTP requests, the process and this library.
 *
 * @throws MetricsError with each option that is wrong; `missing_peer` where `@grafana/grafana-foundation-sdk` is not installed.
 * @example
 * import { catalogue, defineCounter } from 'flowplane-metrics';
 * import { createDashboard } from 'flowplane-metrics/dashboard';
 *
 * const orders = defineCounter({ name: 'orders_total', help: 'Orders' });
 * const dashboard = await createDashboard(catalogue([orders]), { title: 'Shop' });
 * console.log(JSON.stringify(dashboard).includes('rate(orders_total{')); // true
 */
export async function createDashboard(
  entries: readonly CatalogueEntry[],
  options: DashboardOptions = {},
): Promise<DashboardJson> {
  checkDashboardOptions(options);
  refuseIfAny(site, checkEntries(entries));
  const write = await loadGrafana();
  return write(describeBoard(entries, options));
}

function checkEntries(entries: unknown): Problem[] {
  if (!Array.isArray(entries) || entries.length === 0) {
    return [
      problem('illegal_option', 'no metric is declared (given an empty catalogue). Give what catalogue() returned.'),
    ];
  }
  // Why by the labels: those of a family are an object, and it is easily given in the place of its entry.
  if (entries.every((entry) => isObject(entry) && Array.isArray(entry['labels']))) return [];
  return [
    problem(
      'illegal_option',
      'the catalogue is a list of other things (given no entries). Give what catalogue() returned.',
    ),
  ];
}

/** Describes the dashboard, whatever its format. */
export function describeBoard(given: readonly CatalogueEntry[], options: DashboardOptions): Board {
  const { title = 'Service metrics', prefix = '', refresh = '30s', requests = 'opentelemetry', rows = [] } = options;
  // Why without those of requests: their row has them, whether or not a recorder has opened them already. Why without names such
  // as "http.requests": how Prometheus stores them depends on its version and configuration.
  const ofRequests = listRequestFamilies();
  const entries = [...given]
    .filter(({ name }) => !ofRequests.includes(name) && isMetricName(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const variables = createVariables(entries, prefix);
  const context = { prefix, variables: new Set(variables.map(({ name }) => name)) };
  return {
    title,
    description: 'Written by flowplane-metrics. Change the declarations, and write it again.',
    refresh,
    datasource: options.datasource,
    variables,
    annotations,
    rows: [
      ...rows,
      ...createObjectiveRows(entries, context),
      ...createClassRows(entries, context),
      ...(requests === 'none' ? [] : [createRequestRow(requests, context)]),
      createProcessRow(context),
      createLibraryRow(context),
    ],
  };
}

/** The alerts of these jobs, and those that are aggregated over jobs: the empty alternative matches series without a job. */
const selectAlerts = (state: string): string =>
  print({
    type: 'selector',
    name: 'ALERTS',
    matchers: [
      { label: 'alertstate', operator: '=', value: state },
      { label: 'job', operator: '=~', value: '$job|' },
    ],
  });

const annotations: readonly BoardAnnotation[] = [
  { title: 'Firing alerts', expr: selectAlerts('firing'), color: 'red', isEnabled: true },
  { title: 'Pending alerts', expr: selectAlerts('pending'), color: 'orange', isEnabled: false },
];
