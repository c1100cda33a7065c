import { findNearest } from '../nearest-name.js';
import { eitherLabels, setLabels } from './label-names.js';
import type { Expression } from './promql/expression.js';
import { anyShape, type Shape } from './shape.js';

/** A recording rule: its name, what it records, and the labels that it adds. */
export interface RecordedExpression {
  readonly name: string;
  /** `undefined` where it cannot be read. */
  readonly expression: Expression | undefined;
  readonly labels: readonly string[];
}

/** How many rules may read one another in a row until nothing is known of the last: each takes its part of the stack. */
const maxDepth = 30;

/** The names that recording rules record, with what their expressions leave. */
export class RecordedNames {
  readonly #rules = new Map<string, RecordedExpression[]>();
  readonly #shapes = new Map<string, Shape>();
  #depth = 0;

  constructor(rules: readonly RecordedExpression[]) {
    for (const rule of rules) this.#rules.set(rule.name, [...(this.#rules.get(rule.name) ?? []), rule]);
  }

  has(name: string): boolean {
    return this.#rules.has(name);
  }

  /**
   * What the series of a recorded name are.
   *
   * @param examine gives this of an expression, without a word about its faults.
   */
  shapeOf(name: string, examine: (expression: Expression) => Shape): Shape {
    const known = this.#shapes.get(name);
    if (known !== undefined) return known;
    if (this.#depth === maxDepth) return anyShape;
    // Why before it is known: a rule may read what it records itself.
    this.#shapes.set(name, anyShape);
    this.#depth++;
    const shapes = (this.#rules.get(name) ?? []).map(({ expression, labels }) => {
      const shape = expression === undefined ? anyShape : examine(expression);
      return { ...shape, isScalar: false, isAlwaysPresent: false, labels: setLabels(shape.labels, labels) };
    });
    this.#depth--;
    const shape = shapes.length === 0 ? anyShape : shapes.reduce(eitherShape);
    this.#shapes.set(name, shape);
    return shape;
  }

  findMatching(pattern: RegExp): readonly string[] {
    return [...this.#rules.keys()].filter((name) => pattern.test(name));
  }

  findNearest(name: string): string | undefined {
    return findNearest(name, this.#rules.keys());
  }
}

/** What is known of series that are of one shape or the other. */
export function eitherShape(a: Shape, b: Shape): Shape {
  return {
    labels: eitherLabels(a.labels, b.labels),
    kind: a.kind === b.kind ? a.kind : 'unknown',
    isScalar: false,
    isOwn: a.isOwn && b.isOwn,
    fixed: new Map([...a.fixed].filter(([label, value]) => b.fixed.get(label) === value)),
    families: [...a.families, ...b.families],
    isAlwaysPresent: a.isAlwaysPresent && b.isAlwaysPresent,
    ...(a.name !== undefined && { name: a.name }),
  };
}
