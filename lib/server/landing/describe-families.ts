import { allInstruments } from '../../families/declared-instruments.js';
import type { Family, OpenFamily } from '../../families/family.js';
import { countSeriesAtMost, type LabelPolicy } from '../../families/labels.js';
import { defaultDays, type Objective } from '../../families/objective.js';
import type { FamilyFacts, LabelFacts, ObjectiveFacts } from '../../page/facts.js';
import type { FamilyCardinality } from '../../store/cardinality.js';
import { type Explanation, explainFamilies } from '../../store/explain.js';

/** A recorder that can say something of its families, as `PrometheusRecorder` can. */
export interface Introspectable {
  /** Everything in one answer, of a recorder that is elsewhere. */
  describeFamilies?(): readonly FamilyFacts[] | Promise<readonly FamilyFacts[]>;
  cardinality?(): readonly FamilyCardinality[];
  explain?(): readonly Explanation[];
  openFamilies?(): readonly OpenFamily[];
  /** Of what merges the metrics of several processes: the recorder of this one, if there is one. */
  readonly recorder?: object | undefined;
}

/**
 * Describes the families that a recorder knows, as plain data: nothing, of a recorder that can say nothing. One that stands for
 * a recorder of another thread has a method `describeFamilies()`, which asks there.
 */
export async function describeFamilies(recorder: object): Promise<readonly FamilyFacts[]> {
  const {
    describeFamilies: describe,
    cardinality,
    explain,
    openFamilies,
    recorder: ofThisProcess,
  } = recorder as Introspectable;
  if (describe !== undefined) return describe.call(recorder);
  // Why less: others have counted what this process has not.
  if (explain === undefined && 'recorder' in recorder) return describeDeclarations(ofThisProcess ?? declaredHere);
  const open = new Map(openFamilies?.call(recorder).map((one) => [one.family.name, one]));
  const counted = new Map(cardinality?.call(recorder).map((one) => [one.name, one]));
  const declared = groupDeclared();
  return (explain?.call(recorder) ?? []).map((explanation) => {
    const opened = open.get(explanation.name);
    const name = opened?.name ?? explanation.name;
    // Why all of them: one of several methods that feed a family may declare its objective.
    const families = [...(opened === undefined ? [] : [opened.family]), ...(declared.get(explanation.name) ?? [])];
    return {
      ...describeExplanation(explanation, name),
      ...describeLimits(counted.get(name), families[0]),
      ...describeObjective(families),
    };
  });
}

/** Knows what is declared in this process, as a recorder does that has opened nothing. */
const declaredHere: Introspectable = { explain: () => explainFamilies(allInstruments(), new Map(), new Map()) };

/** The families that methods declare, by their names. */
function groupDeclared(): ReadonlyMap<string, readonly Family[]> {
  const groups = new Map<string, Family[]>();
  for (const { family } of allInstruments()) groups.set(family.name, [...(groups.get(family.name) ?? []), family]);
  return groups;
}

/** What holds for the families of a recorder in each process that has the same: all but what this one has counted. */
export async function describeDeclarations(recorder: object): Promise<FamilyFacts[]> {
  const facts = await describeFamilies(recorder);
  return facts.map(({ name, sites, labels, objective }) => ({
    name,
    reasons: [],
    sites,
    labels: labels.map(({ name: label, limit }) => ({ name: label, ...(limit !== undefined && { limit }) })),
    ...(objective !== undefined && { objective }),
  }));
}

const describeExplanation = ({ state, reasons, sites }: Explanation, name: string) => ({
  name,
  state,
  reasons: [...reasons],
  sites: [...sites],
});

const describeLimits = (counted: FamilyCardinality | undefined, declared: Family | undefined) =>
  counted === undefined
    ? { labels: Object.entries(declared?.labels ?? {}).map(([name, policy]) => describePolicy(name, policy)) }
    : {
        series: counted.series,
        seriesLimit: declared === undefined ? counted.limit : countSeriesAtMost(declared.labels, counted.limit),
        labels: counted.labels.map((one) => ({ ...one })),
      };

function describePolicy(name: string, { oneOf, limit: own }: LabelPolicy): LabelFacts {
  const limit = oneOf?.length ?? own;
  return { name, ...(limit !== undefined && { limit }) };
}

function describeObjective(families: readonly Family[]): { readonly objective?: ObjectiveFacts } {
  const { objective } = families.find((one) => one.objective !== undefined) ?? {};
  return objective === undefined ? {} : { objective: toPlainObjective(objective) };
}

function toPlainObjective(objective: Objective): ObjectiveFacts {
  const { ratio, days = defaultDays } = objective;
  if ('under' in objective) return { ratio, days, under: objective.under };
  const errors = Object.entries(objective.errors).map(([label, values]) => [label, [values].flat().map(String)]);
  return { ratio, days, errors: Object.fromEntries(errors) };
}
