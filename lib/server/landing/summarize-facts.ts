import type { FactsSummary, FamilyFacts, WideLabel } from '../../page/facts.js';

/** How many labels the page lists. */
const maxLabels = 10;

/** Says in few bytes what changes of the facts while the service runs. */
export const summarizeFacts = (facts: readonly FamilyFacts[]): FactsSummary => ({
  series: Object.fromEntries(facts.flatMap(({ name, series }) => (series === undefined ? [] : [[name, series]]))),
  silent: facts.filter(isSilent).map((family) => ({
    name: family.name,
    why: describeSilence(family),
    sites: family.sites,
  })),
  widest: findWidestLabels(facts),
});

/** Whether nothing was observed, as far as is known. */
export const isSilent = ({ state = 'observed' }: FamilyFacts): boolean => state !== 'observed';

/** What a state means, where its name does not say it. */
const meanings: Readonly<Record<string, string>> = {
  'not wired': 'its methods are not called, or report to no recorder or another one',
};

/** Says why nothing was observed. */
export function describeSilence({ state = '', reasons }: FamilyFacts): string {
  const why = reasons.length > 0 ? reasons.join(', ') : meanings[state];
  return why === undefined ? state : `${state}: ${why}`;
}

function findWidestLabels(facts: readonly FamilyFacts[]): WideLabel[] {
  const labels = facts.flatMap((family) =>
    family.labels.flatMap(({ name, values, limit }): WideLabel[] =>
      values === undefined ? [] : [{ family: family.name, label: name, values, ...(limit !== undefined && { limit }) }],
    ),
  );
  return labels.sort((a, b) => b.values - a.values).slice(0, maxLabels);
}
