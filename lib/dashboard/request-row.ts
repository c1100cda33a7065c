import { conventions, defineRequestFamilies } from '../http/request-families.js';
import { countOf, histogramQuantile, rate } from '../promql/functions.js';
import type { DrawnPanel, DrawnRow } from './board.js';
import { conditionsOf, legendOf, namesOf, type PanelContext, type Query, rateWindow } from './charted.js';
import { createPanels } from './family-panels.js';
import { entryOf } from './foreign-series.js';

/** The conventions that the names of requests may follow. */
export type RequestNames = 'opentelemetry' | 'express-prom-bundle';

/** The names of the conventions. */
export const requestNames = Object.keys(conventions) as readonly RequestNames[];

/** The names of all families that `httpMetrics` records. */
export const listRequestFamilies = (): string[] =>
  requestNames.flatMap((names) => {
    const { duration, size, active } = defineRequestFamilies({ names });
    return [duration.name, size.name, active.name];
  });

/** What the labels of the duration are called by a convention. */
const nameLabels = (names: RequestNames) => {
  const labels = Object.entries(conventions[names].labels);
  const find = (role: string): string => labels.find(([, one]) => one === role)?.[0] as string;
  return { method: find('method'), route: find('route'), status: find('status') };
};

/** How many routes are drawn: the busiest ones, and the slowest ones. */
const busiest = 10;
const slowest = 5;

/** Makes the row of the application's own requests, which `httpMetrics` records. */
export function createRequestRow(names: RequestNames, context: PanelContext): DrawnRow {
  const { duration, size, active } = defineRequestFamilies({ names });
  const { method, route, status } = nameLabels(names);
  const options = namesOf(context);
  const conditions = conditionsOf({ entry: entryOf(duration) }, context);
  const requests: Query = rate(countOf(duration, options), rateWindow).where(conditions);
  const share = (digit: string): Query =>
    requests
      .where({ [status]: { matches: `${digit}..` } })
      .sumBy<string>()
      .dividedBy(requests.sumBy<string>());
  const latency = histogramQuantile(0.99, duration, rateWindow, options).where(conditions);
  const [, percentiles, heatMap] = createPanels({ entry: entryOf(duration), by: [] }, context);
  const [, sizes] = createPanels({ entry: entryOf(size), by: [] }, context);
  const [inFlight] = createPanels({ entry: entryOf(active), by: [], mergedBy: 'sum' }, context);
  const name = context.prefix + duration.name;
  const byRoute: DrawnPanel[] = [
    {
      key: 'requests: routes',
      title: 'Requests by route',
      description: `${name}: the ${busiest} busiest routes`,
      unit: 'reqps',
      queries: [{ expr: requests.sumBy(method, route).top(busiest), legend: legendOf([method, route]) }],
    },
    {
      key: 'requests: errors',
      title: 'Requests that failed',
      description: `${name}: which part was answered with a status of 4xx, and of 5xx`,
      unit: 'percentunit',
      queries: [
        { expr: share('4'), legend: '4xx' },
        { expr: share('5'), legend: '5xx' },
      ],
    },
    {
      key: 'requests: slow routes',
      title: 'Slowest routes, p99',
      description: `${name}: the ${slowest} slowest routes`,
      unit: 's',
      queries: [{ expr: latency.by(route).top(slowest), legend: legendOf([route]) }],
    },
  ];
  return {
    title: 'HTTP requests',
    panels: [...byRoute, percentiles, heatMap, inFlight, sizes].map((panel) => ({
      ...(panel as DrawnPanel),
      startsLine: false,
    })),
  };
}
