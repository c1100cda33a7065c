import type { ObjectiveFacts } from './facts.js';
import type { FamilyReading, SeriesReading } from './reading.js';
import { formatCount } from './units.js';

/** How the events of a process compare with an objective. */
export interface Budget {
  readonly events: number;
  readonly errors: number;
  /** Which part of the errors that the objective allows for these events is left: below 0 where there were more. */
  readonly remaining: number;
}

/** Compares what a family has counted since its process started with its objective; `undefined` before the first event. */
export function measureBudget(objective: ObjectiveFacts, family: FamilyReading): Budget | undefined {
  let [events, errors] = [0, 0];
  for (const series of family.values()) {
    events += series.value;
    errors += countErrors(objective, series);
  }
  if (!(events > 0)) return undefined;
  return { events, errors, remaining: 1 - errors / (events * (1 - objective.ratio)) };
}

function countErrors({ errors, under }: ObjectiveFacts, { labels, value, distribution }: SeriesReading): number {
  if (errors !== undefined) {
    const isError = Object.entries(errors).every(([name, values]) => values.includes(labels.get(name) ?? ''));
    return isError ? value : 0;
  }
  let above = 0;
  for (const { lower, upper, count } of distribution?.buckets.values() ?? []) {
    // Why by the middle: the bound is one of a classic bucket, but may lie within a native one.
    if (upper > (under ?? Infinity) && (lower >= (under ?? 0) || (lower + upper) / 2 > (under ?? 0))) above += count;
  }
  return above;
}

/** Says a budget in a sentence. */
export function describeBudget(objective: ObjectiveFacts, budget: Budget | undefined): string {
  if (budget === undefined) return 'No event since the process started.';
  const { events, errors, remaining } = budget;
  const allowed = percent(1 - objective.ratio);
  const start = `Since the process started: ${formatCount(errors)} of ${formatCount(events)} events were bad (allowed: ${allowed}). `;
  return remaining < 0
    ? `${start}That is ${Number((1 - remaining).toPrecision(3)).toLocaleString('en-US')} times the error budget.`
    : `${start}${percent(remaining)} of the error budget for them remains.`;
}

const percent = (part: number): string => `${Number((part * 100).toPrecision(4)).toLocaleString('en-US')} %`;
