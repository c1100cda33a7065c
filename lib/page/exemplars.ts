import type { Choices } from './grouping.js';
import { groupSeries } from './grouping.js';
import type { ExemplarReading, FamilyReading, Labels } from './reading.js';

/** How many exemplars are listed. */
const maxListed = 8;

/** Lists the youngest exemplars of the chosen series, the youngest first. */
export function listExemplars(family: FamilyReading, choices: Choices): ExemplarReading[] {
  const all = [...groupSeries(family, choices).values()].flat().flatMap(([, { exemplars }]) => exemplars);
  return all.sort((a, b) => (b.timestamp ?? 0) - (a.timestamp ?? 0)).slice(0, maxListed);
}

/** Fills in a template such as `https://traces.example/{trace_id}`; `undefined` where a label of it is absent. */
export function linkTo(template: string, labels: Labels): string | undefined {
  let isWhole = true;
  const link = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = labels.get(name);
    isWhole &&= value !== undefined;
    return encodeURIComponent(value ?? '');
  });
  return isWhole ? link : undefined;
}
