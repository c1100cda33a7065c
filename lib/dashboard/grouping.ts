import type { CatalogueEntry, CatalogueLabel } from '../catalogue/catalogue.js';
import { isUnquotedLabelName } from '../families/naming.js';

/** How many lines a panel has at most, as far as declarations tell. */
const maxLines = 20;

/** How many values a label has at most that the reader chooses from. */
const maxChoices = 100;

/** The labels that Prometheus gives to each target, so that a family's own ones are called otherwise there. */
const targetLabels = ['job', 'instance'];

/** Whether a label has this name in every Prometheus. */
export const isOwnName = (name: string): boolean => isUnquotedLabelName(name) && !targetLabels.includes(name);

/** Chooses the labels that the series of a family are grouped by: those of closed domains, as far as a graph stays readable. */
export function chooseGrouping(entry: CatalogueEntry): string[] {
  if (isOfMethods(entry)) return entry.fedBy.length <= maxLines ? ['class', 'method'] : ['class'];
  const chosen: string[] = [];
  let lines = 1;
  for (const { name, oneOf, hash } of entry.labels) {
    if (oneOf === undefined || hash || !isOwnName(name)) continue;
    // Why one more: what is not listed becomes "other".
    lines *= oneOf.length + 1;
    if (lines > maxLines) break;
    chosen.push(name);
  }
  return chosen;
}

/** Whether the labels are those of `@Instrumented` and `@Timed()`, whose values are the methods that feed the family. */
const isOfMethods = ({ labels }: CatalogueEntry): boolean =>
  ['class', 'method'].every((name) => labels.some((label) => label.name === name));

/** Whether a label has so few values that a reader can choose from them. */
export const isChoosable = ({ name, oneOf, limit = Infinity, hash }: CatalogueLabel): boolean =>
  !hash && isOwnName(name) && name !== 'datasource' && (oneOf?.length ?? limit) <= maxChoices;
