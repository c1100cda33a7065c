import { createObjectiveGroup } from '../alerting/objective-rules.js';
import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { defaultDays, round } from '../families/objective.js';
import { series } from '../promql/functions.js';
import type { DrawnPanel, DrawnRow, PanelQuery } from './board.js';
import type { PanelContext } from './charted.js';
import { declareSeries } from './foreign-series.js';
import { toTitle } from './panel-text.js';

/** Makes a row for each objective: what is left of its error budget. Its panels draw what the rules of the objective record. */
export const createObjectiveRows = (entries: readonly CatalogueEntry[], { prefix }: PanelContext): DrawnRow[] =>
  entries.flatMap((entry) => {
    const { objective } = entry;
    const group = createObjectiveGroup(entry, prefix);
    if (objective === undefined || group === undefined) return [];
    const name = prefix + entry.name;
    const { ratio, days = defaultDays } = objective;
    const records = group.rules.flatMap((rule) => ('record' in rule ? rule.record : []));
    return [{ title: `Objective of ${name}`, panels: createObjectivePanels({ entry, name, ratio, days, records }) }];
  });

interface Promised {
  readonly entry: CatalogueEntry;
  readonly name: string;
  readonly ratio: number;
  readonly days: number;
  /** The names of what the rules record. */
  readonly records: readonly string[];
}

function createObjectivePanels({ entry, name, ratio, days, records }: Promised): DrawnPanel[] {
  const budget = records.filter((record) => record.endsWith(':error_budget_remaining'));
  const ratios = records.filter((record) => !budget.includes(record));
  const needed = 'Recorded by the rules that "flowplane-metrics rules" writes';
  const left = {
    description: `${budget.join()}: 100 % where nothing of it is spent, below 0 where more than all is. ${needed}`,
    unit: 'percentunit',
    queries: budget.map((record) => draw(record, '{{job}}')) as [PanelQuery],
    floor: 0,
  };
  const allowed = round(1 - ratio);
  return [
    { ...left, key: `${name}: budget`, title: `Error budget left, of ${days} days`, type: 'stat' },
    { ...left, key: `${name}: budget over time`, title: 'Error budget left, over time' },
    {
      key: `${name}: error ratio`,
      title: `${toTitle(entry.help)}: errors`,
      description: `Which part is errors, over several times; ${round(allowed * 100)} % are allowed. ${needed}`,
      unit: 'percentunit',
      queries: ratios.map((record) => draw(record, `{{job}} ${record.replace(/^.*error_ratio/, '')}`)) as [PanelQuery],
      limit: allowed,
    },
  ];
}

/** The labels that these rules leave. */
const targetLabels = ['job'] as const;

const draw = (record: string, legend: string): PanelQuery => ({
  expr: series(declareSeries(record, 'gauge').family, { targetLabels }).where({ job: { matches: '$job' } }),
  legend,
});
