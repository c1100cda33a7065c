import { type Problem, refuseIfAny } from '../error.js';
import type { Family } from '../families/family.js';
import { kinds, type MetricKind } from '../families/kinds.js';
import type { LabelPolicies } from '../families/labels.js';
import { checkOptions, isListOf, isObject, isText, problem, type Rules } from '../validation.js';
import { Expression, type KnownExpression } from './expression.js';
import type { SelectorNode } from './node.js';
import type { Selector, TargetLabel } from './query.js';

/** What the names and labels of a family are in Prometheus, where they differ from its declaration. */
export interface SeriesOptions<T extends string> {
  /** The recorder's option `prefix`. Default: none. */
  readonly prefix?: string;
  /** The labels that Prometheus adds, as its configuration says. Default: `job` and `instance`. */
  readonly targetLabels?: readonly T[];
}

/** A family, or the series of one. */
export type Source<K extends MetricKind, P extends LabelPolicies, T extends string> = Family<K, P> | Selector<K, P, T>;

/** Series of one name, of a kind: what the functions of PromQL that look back in time are given. */
export class SelectorExpression extends Expression {
  readonly kind: MetricKind;
  declare readonly node: SelectorNode;
  /** The family, for what depends on its buckets. */
  readonly family: Family;

  constructor(kind: MetricKind, node: SelectorNode, known: KnownExpression, family: Family) {
    super(node, known);
    this.kind = kind;
    this.family = family;
  }

  override where(conditions: Readonly<Record<string, unknown>>): SelectorExpression {
    return this.#with(super.where(conditions).node as SelectorNode);
  }

  override offset(duration: string): SelectorExpression {
    return this.#with(super.offset(duration).node as SelectorNode);
  }

  /** The series of another name of the same family: a part of a histogram. */
  part(suffix: string, label?: string): SelectorExpression {
    const { policies, labels } = this.known;
    const known =
      label === undefined
        ? this.known
        : { ...this.known, policies: { ...policies, [label]: {} }, labels: [...labels, label] };
    return new SelectorExpression('counter', { ...this.node, name: this.node.name + suffix }, known, this.family);
  }

  #with(node: SelectorNode): SelectorExpression {
    return new SelectorExpression(this.kind, node, this.known, this.family);
  }
}

const optionRules: Rules = {
  prefix: { must: 'be a text', accepts: isText, remedy: 'Write the prefix of the recorder, for example "billing_"' },
  targetLabels: {
    must: 'be a list of one or more labels',
    accepts: isListOf(isText),
    remedy: 'Write for example ["job", "instance", "pod"]',
  },
};

const defaultTargetLabels: readonly TargetLabel[] = ['job', 'instance'];

/** Selects the series of a family, whatever its kind. */
export function select(by: string, family: Family, options: SeriesOptions<string> = {}): SelectorExpression {
  refuseIfAny(by, checkFamily(family));
  const { name, site, labels, kind } = family;
  refuseIfAny(site, checkOptions(options, optionRules));
  const target = options.targetLabels ?? defaultTargetLabels;
  const known = { site, policies: labels, target, labels: [...Object.keys(labels), ...target] };
  const node: SelectorNode = { type: 'selector', name: (options.prefix ?? '') + name, matchers: [] };
  return new SelectorExpression(kind, node, known, family);
}

function checkFamily(family: unknown): Problem[] {
  const isFamily = isObject(family) && isText(family['name']) && isObject(family['labels']);
  if (isFamily && Object.hasOwn(kinds, String(family['kind']))) return [];
  return [
    problem(
      'illegal_option',
      'the family must be one that defineCounter, defineGauge or defineHistogram returned. Give it.',
    ),
  ];
}

/** Reads what a function was given as its family or series, and refuses another kind. */
export function readSource(by: string, source: unknown, kinds: readonly MetricKind[]): SelectorExpression {
  const selector = source instanceof SelectorExpression ? source : select(by, source as Family);
  const { kind, known } = selector;
  if (kinds.includes(kind)) return selector;
  const message = `${by} takes a ${kinds.join(' or a ')} (given a ${kind}). ${remedies[kind]}`;
  refuseIfAny(known.site, [problem('not_supported', message)]);
  return selector;
}

const remedies: Readonly<Record<MetricKind, string>> = {
  counter: 'A counter goes into rate, increase, irate or resets.',
  gauge: 'A gauge goes into delta, deriv or a function whose name ends in OverTime.',
  histogram: 'A histogram goes into histogramQuantile or fractionAtMost; countOf and sumOf give its counters.',
};
