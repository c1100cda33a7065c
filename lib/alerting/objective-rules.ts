import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { defaultDays, type Objective, round } from '../families/objective.js';
import { boundCondition } from '../promql/bound.js';
import { toSeconds } from '../promql/duration.js';
import { splitGrowth } from '../promql/growth.js';
import { toMatcher } from '../promql/matchers.js';
import { type Matcher, print } from '../promql/node.js';
import { type BurnRate, listBurnRates } from './burn-rates.js';
import type { AlertingRule, RecordingRule, RuleGroup } from './rule-group.js';

/** What the rules of one objective are made from. */
interface Promised {
  /** The name of the metric as it is exposed. */
  readonly name: string;
  /** The ratio of errors over a length of time, for each job. */
  readonly errorRatio: (window: string) => string;
  readonly ratio: number;
  readonly days: number;
}

/**
 * Makes the rules of a family with an objective: the ratio of errors over each window, what is left of the error budget, and
 * alerts where the budget is spent too fast. `undefined` for a family without an objective.
 *
 * @param prefix the recorder's option `prefix`.
 */
export function createObjectiveGroup(entry: CatalogueEntry, prefix: string): RuleGroup | undefined {
  const { objective } = entry;
  if (objective === undefined) return undefined;
  const name = prefix + entry.name;
  const { ratio, days = defaultDays } = objective;
  const promised = { name, ratio, days, errorRatio: errorRatioOf(name, objective, entry.buckets ?? []) };
  const rates = listBurnRates(ratio, days);
  return {
    name: `objective:${name}`,
    rules: [
      ...listWindows(rates, days).map((window) => recordErrorRatio(promised, window)),
      recordBudget(promised),
      ...alertOn(promised, 'page', rates),
      ...alertOn(promised, 'ticket', rates),
    ],
  };
}

const listWindows = (rates: readonly BurnRate[], days: number): string[] =>
  [...new Set([...rates.flatMap(({ short, long }) => [short, long]), `${days}d`])].sort(
    (a, b) => toSeconds(a) - toSeconds(b),
  );

/** The name of a recorded series. Why without UTF-8: each expression that reads it would need quotation marks and braces. */
const recordOf = (name: string): string => `job:${name.replace(/[^a-zA-Z0-9_:]/g, '_')}`;

const recordName = (name: string, window: string): string => `${recordOf(name)}:error_ratio${window}`;

const recordErrorRatio = ({ name, errorRatio }: Promised, window: string): RecordingRule => ({
  record: recordName(name, window),
  expr: errorRatio(window),
});

/** 1 where nothing of the budget is spent, 0 where all of it is, and less than 0 where more is. */
const recordBudget = ({ name, ratio, days }: Promised): RecordingRule => ({
  record: `${recordOf(name)}:error_budget_remaining`,
  expr: `1 - ${recordName(name, `${days}d`)} / ${round(1 - ratio)}`,
});

const speeds = { page: 'Fast', ticket: 'Slowly' } as const;

function alertOn(
  { name, ratio, days }: Promised,
  severity: BurnRate['severity'],
  all: readonly BurnRate[],
): AlertingRule[] {
  const rates = all.filter((rate) => rate.severity === severity);
  if (rates.length === 0) return [];
  const burns = ({ factor, long, short }: BurnRate): string => {
    const limit = round(factor * (1 - ratio));
    return `(${recordName(name, long)} > ${limit} and ${recordName(name, short)} > ${limit})`;
  };
  const allowed = `${round((1 - ratio) * 100)} %`;
  return [
    {
      alert: `${toPascalCase(name)}ErrorBudgetBurns${speeds[severity]}`,
      expr: rates.map(burns).join('\nor\n'),
      labels: { severity, metric: name },
      annotations: {
        summary: `{{ $labels.job }}: {{ $value | humanizePercentage }} of ${name} are errors, of which ${allowed} are allowed over ${days} days`,
        action: `Query ${recordOf(name)}:error_budget_remaining for what is left, and ${name} by its labels for where the errors are`,
      },
    },
  ];
}

const toPascalCase = (name: string): string =>
  name.replace(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, first: string) => first.toUpperCase());

function errorRatioOf(name: string, objective: Objective, bounds: readonly number[]): Promised['errorRatio'] {
  if ('errors' in objective) {
    const errors = Object.entries(objective.errors).map(([label, values]) => toMatcher(label, values));
    return (window) => {
      const all = growthByJob(name, [], window);
      return `${growthByJob(name, errors, window)}\n/\n${all}\nor\n0 * ${all}`;
    };
  }
  if (bounds.length === 0) return (window) => nativeErrorRatio(name, objective.under, window);
  const good = [toMatcher('le', boundCondition(objective.under))];
  return (window) =>
    `1 -\n${growthByJob(`${name}_bucket`, good, window)}\n/\n${growthByJob(`${name}_count`, [], window)}`;
}

const nativeErrorRatio = (name: string, under: number, window: string): string =>
  `1 - histogram_fraction(-Inf, ${under}, sum by (job) (${print({ type: 'call', name: 'increase', args: [{ type: 'selector', name, matchers: [], window }] })}))`;

/** The labels that tell targets apart. */
const target = ['job', 'instance'];

/** Writes by how much the series of each job have grown; new series count in full. */
function growthByJob(name: string, matchers: readonly Matcher[], window: string): string {
  const { fresh, grown } = splitGrowth({ type: 'growth', of: { type: 'selector', name, matchers, window }, target });
  return `sum by (job) (\n  ${print(fresh)}\n  or ${print(grown)}\n)`;
}
