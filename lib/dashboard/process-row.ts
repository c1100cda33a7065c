import type { MetricKind } from '../families/kinds.js';
import { rate, series, sumOf } from '../promql/functions.js';
import type { DrawnPanel, DrawnRow, PanelQuery } from './board.js';
import { conditionsOf, type PanelContext, type Query, rateWindow } from './charted.js';
import { declareSeries, type ForeignSeries } from './foreign-series.js';

/** Makes the row of the process: what `processMetrics` exposes. */
export const createProcessRow = (context: PanelContext): DrawnRow => ({
  title: 'Process',
  panels: panels.map(({ queries, ...panel }) => ({
    ...panel,
    key: `process: ${panel.title}`,
    queries: queries.map((query) => query(context)) as [PanelQuery, ...PanelQuery[]],
  })),
});

type DrawQuery = (context: PanelContext) => PanelQuery;

interface ProcessPanel extends Omit<DrawnPanel, 'queries'> {
  readonly queries: readonly DrawQuery[];
}

/** A query about series of the process, of each instance. */
const draw =
  <K extends MetricKind>(series: ForeignSeries<K>, legend: string, build: (of: ForeignSeries<K>) => Query): DrawQuery =>
  (context) => ({ expr: build(series).where(conditionsOf(series, context)), legend });

const gauge = (name: string, legend = '{{instance}}'): DrawQuery =>
  draw(declareSeries(name, 'gauge'), legend, ({ family }) => series(family));

const panels: readonly ProcessPanel[] = [
  {
    title: 'CPU',
    description: 'process_cpu_seconds_total: 100 % is one core',
    unit: 'percentunit',
    queries: [
      draw(declareSeries('process_cpu_seconds_total', 'counter'), '{{instance}}', ({ family }) =>
        rate(family, rateWindow),
      ),
    ],
  },
  {
    title: 'Memory',
    description: 'process_resident_memory_bytes, and the part of it that is the heap in use',
    unit: 'bytes',
    queries: [gauge('process_resident_memory_bytes'), gauge('nodejs_heap_size_used_bytes', '{{instance}} heap')],
  },
  {
    title: 'Event loop delay',
    description: 'nodejs_eventloop_lag_p99_seconds: what an event waits for, in 99 of 100 cases at most this long',
    unit: 's',
    queries: [gauge('nodejs_eventloop_lag_p99_seconds', '{{instance}} p99')],
  },
  {
    title: 'Garbage collection',
    description: 'nodejs_gc_duration_seconds: which part of the time goes into it, by kind',
    unit: 'percentunit',
    queries: [
      draw(declareSeries('nodejs_gc_duration_seconds', 'histogram', ['kind']), '{{kind}}', ({ family }) =>
        rate(sumOf(family), rateWindow).sumBy<string>('kind'),
      ),
    ],
  },
  {
    title: 'Open files',
    description: 'process_open_fds, beside what the system allows',
    unit: 'short',
    queries: [gauge('process_open_fds'), gauge('process_max_fds', '{{instance}} at most')],
    hasBound: true,
  },
  {
    title: 'Running since',
    description: 'process_start_time_seconds',
    type: 'stat',
    unit: 'dateTimeFromNow',
    queries: [
      // Why times 1000: Grafana's dates are in milliseconds.
      draw(declareSeries('process_start_time_seconds', 'gauge'), '{{instance}}', ({ family }) =>
        (series(family) as Query).times(1000),
      ),
    ],
  },
];
