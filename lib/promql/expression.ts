import { formatValue, type Problem, refuseIfAny } from '../error.js';
import { describeUnknownLabel } from '../families/labels.js';
import { checkOptions, checkValue, countRule, isObject, isOneOf, isText, problem, type Rule } from '../validation.js';
import { durationRule, plainDurationRule } from './duration.js';
import { type KnownLabels, toMatchers } from './matchers.js';
import { addsDurations, mapSelectors, type Node, print, type VectorMatching } from './node.js';

/** What is known of an expression: the labels of its family, and the labels that its result has. */
export interface KnownExpression extends KnownLabels {
  readonly labels: readonly string[];
}

/**
 * What stands behind every query: the expression, and what is known of its labels. `VectorQuery` has its types.
 */
export class Expression {
  readonly node: Node;
  readonly known: KnownExpression;

  constructor(node: Node, known: KnownExpression) {
    this.node = node;
    this.known = known;
  }

  where(conditions: Readonly<Record<string, unknown>>): Expression {
    const { site } = this.known;
    refuseIfAny(site, checkValue('the conditions', conditionsRule, conditions));
    const added = toMatchers(conditions, this.known);
    return this.#with(
      mapSelectors(this.node, (selector) => ({ ...selector, matchers: [...selector.matchers, ...added] })),
    );
  }

  offset(duration: string): Expression {
    const rule = addsDurations(this.node) ? plainDurationRule : durationRule;
    refuseIfAny(this.known.site, checkValue('the offset', rule, duration));
    return this.#with(mapSelectors(this.node, (selector) => ({ ...selector, offset: duration })));
  }

  sum(...labels: readonly unknown[]): Expression {
    refuseIfAny(this.known.site, labels.length > 0 ? [describeLabelsOfSum(labels)] : []);
    return this.#aggregate('sum', []);
  }

  sumBy(...labels: readonly string[]): Expression {
    return this.#aggregate('sum', labels);
  }

  avgBy(...labels: readonly string[]): Expression {
    return this.#aggregate('avg', labels);
  }

  minBy(...labels: readonly string[]): Expression {
    return this.#aggregate('min', labels);
  }

  maxBy(...labels: readonly string[]): Expression {
    return this.#aggregate('max', labels);
  }

  countBy(...labels: readonly string[]): Expression {
    return this.#aggregate('count', labels);
  }

  top(count: number): Expression {
    refuseIfAny(this.known.site, checkValue('the number of series', seriesCountRule, count));
    return this.#with({ type: 'aggregation', operator: 'topk', by: [], parameter: count, of: this.node });
  }

  plus(other: unknown, matching?: unknown): Expression {
    return this.#combine('+', other, matching);
  }

  minus(other: unknown, matching?: unknown): Expression {
    return this.#combine('-', other, matching);
  }

  times(other: unknown, matching?: unknown): Expression {
    return this.#combine('*', other, matching);
  }

  dividedBy(other: unknown, matching?: unknown): Expression {
    return this.#combine('/', other, matching);
  }

  above(other: unknown, matching?: unknown): Expression {
    return this.#combine('>', other, matching);
  }

  atLeast(other: unknown, matching?: unknown): Expression {
    return this.#combine('>=', other, matching);
  }

  below(other: unknown, matching?: unknown): Expression {
    return this.#combine('<', other, matching);
  }

  atMost(other: unknown, matching?: unknown): Expression {
    return this.#combine('<=', other, matching);
  }

  equalTo(other: unknown, matching?: unknown): Expression {
    return this.#combine('==', other, matching);
  }

  differentFrom(other: unknown, matching?: unknown): Expression {
    return this.#combine('!=', other, matching);
  }

  and(other: unknown, matching?: unknown): Expression {
    return this.#combine('and', other, matching);
  }

  unless(other: unknown, matching?: unknown): Expression {
    return this.#combine('unless', other, matching);
  }

  or(other: unknown, matching?: unknown): Expression {
    return this.#combine('or', other, matching);
  }

  toString(): string {
    return print(this.node);
  }

  toJSON(): string {
    return this.toString();
  }

  #with(node: Node): Expression {
    return new Expression(node, this.known);
  }

  #aggregate(operator: string, by: readonly string[]): Expression {
    refuseIfAny(this.known.site, checkLabels(by, this.known.labels));
    return new Expression({ type: 'aggregation', operator, by, of: this.node }, { ...this.known, labels: by });
  }

  #combine(operator: string, other: unknown, given: unknown): Expression {
    const { site } = this.known;
    if (typeof other === 'number' && !setOperators.includes(operator) && given === undefined) {
      return this.#with({ type: 'binary', operator, left: this.node, right: { type: 'number', value: other } });
    }
    refuseIfAny(site, checkValue(`the other side of "${operator}"`, operandRule, other));
    const { node: right, known } = other as Expression;
    const matching = given === undefined ? undefined : readMatching(given, this.known, known);
    refuseIfAny(
      site,
      matching?.many !== undefined && setOperators.includes(operator) ? [describeManyOfSet(operator)] : [],
    );
    refuseIfAny(site, matching === undefined ? checkSides(operator, this.known.labels, known.labels) : []);
    const node: Node = { type: 'binary', operator, left: this.node, right, matching };
    return new Expression(node, joinKnown(operator, this.known, known, matching));
  }
}

/** Reads a query that a function was given. */
export function readQuery(by: string, query: unknown): Expression {
  refuseIfAny(by, checkValue('the query', queryRule, query));
  return query as Expression;
}

const queryRule: Rule = {
  must: 'be a query',
  accepts: (value) => value instanceof Expression,
  remedy: 'Give what a function of flowplane-metrics/promql has returned',
  isRequired: true,
};

const setOperators = ['and', 'unless', 'or'];

const conditionsRule: Rule = {
  must: 'be an object of labels and values',
  accepts: isObject,
  remedy: 'Write for example { team: "mail" }',
  isRequired: true,
};

const seriesCountRule: Rule = { ...countRule('Write for example 5'), isRequired: true };

const operandRule: Rule = {
  must: 'be a query, or a number for an operator of arithmetic or comparison without matching options',
  accepts: queryRule.accepts,
  remedy: 'Give what a function of flowplane-metrics/promql has returned',
  isRequired: true,
};

const matchingRules = {
  on: {
    must: 'be a list of labels',
    accepts: Array.isArray,
    remedy: 'Write for example on: ["team"]',
    isRequired: true,
  },
  many: {
    must: 'be "left", "right" or "neither"',
    accepts: isOneOf(['left', 'right', 'neither']),
    remedy: 'Name the side with several series for one of the other side, or leave it out',
  },
} satisfies Record<string, Rule>;

function readMatching(given: unknown, left: KnownExpression, right: KnownExpression): VectorMatching {
  refuseIfAny(left.site, checkOptions(given, matchingRules));
  const { on, many } = given as { on: readonly string[]; many?: 'left' | 'right' | 'neither' };
  const common = left.labels.filter((label) => right.labels.includes(label));
  refuseIfAny(left.site, checkLabels(on, common));
  return { on, many: many === 'neither' ? undefined : many };
}

const checkLabels = (given: readonly unknown[], labels: readonly string[]): Problem[] =>
  given.flatMap((label) => {
    if (typeof label !== 'string') return checkValue('a label', labelRule, label);
    return labels.includes(label) ? [] : [describeUnknownLabel(label, labels)];
  });

const labelRule: Rule = { must: 'be a text', accepts: isText, remedy: 'Write for example sumBy("team", "kind")' };

/** Why: what is given would be ignored, and the sum be one of all series. */
function describeLabelsOfSum(labels: readonly unknown[]): Problem {
  const given = labels.map((label) => formatValue(label)).join(', ');
  return problem('illegal_option', `sum takes no labels (given ${given}). Write sumBy(${given}).`);
}

const describeManyOfSet = (operator: string): Problem =>
  problem(
    'illegal_option',
    `"${operator}" takes no "many": it matches any number of series on both sides (given one). Leave it out.`,
  );

/** Without `on`, series of two sides belong together if all of their labels are equal. */
function checkSides(operator: string, left: readonly string[], right: readonly string[]): Problem[] {
  const isSame = left.length === right.length && left.every((label) => right.includes(label));
  if (isSame) return [];
  const name = (labels: readonly string[]) => labels.join(', ') || 'none';
  const message = `the sides of "${operator}" never match (given labels ${name(left)} on the left and ${name(right)} on the right). Aggregate both by the same labels, or name the labels to match: { on: [ … ] }.`;
  return [problem('illegal_option', message)];
}

/** What is known of a result: each side is asked for the labels that both families have. */
function joinKnown(
  operator: string,
  left: KnownExpression,
  right: KnownExpression,
  matching: VectorMatching | undefined,
): KnownExpression {
  const isCommon = (label: string) => label in right.policies;
  const policies = Object.fromEntries(Object.entries(left.policies).filter(([label]) => isCommon(label)));
  const target = left.target.filter((label) => right.target.includes(label));
  const labels = joinLabels(operator, left, right, matching);
  return { site: left.site, policies, target, labels };
}

function joinLabels(
  operator: string,
  left: KnownExpression,
  right: KnownExpression,
  matching: VectorMatching | undefined,
): readonly string[] {
  if (matching === undefined || setOperators.includes(operator) || matching.many === 'left') return left.labels;
  return matching.many === 'right' ? right.labels : matching.on;
}
