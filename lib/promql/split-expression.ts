import { Expression } from './expression.js';
import type { Node } from './node.js';
import type { SelectorExpression } from './selector.js';

/** Makes the expression from the series of a family, for each combination of these labels. */
export type Build = (series: SelectorExpression, by: readonly string[]) => Node;

/** An expression over all series of a family that can be split by labels: `SplitQuery` has its types. */
export class SplitExpression extends Expression {
  readonly #series: SelectorExpression;
  readonly #build: Build;
  readonly #by: readonly string[];

  constructor(series: SelectorExpression, build: Build, by: readonly string[] = []) {
    super(build(series, by), { ...series.known, labels: by });
    this.#series = series;
    this.#build = build;
    this.#by = by;
  }

  by(...labels: readonly string[]): SplitExpression {
    // Why: what refuses unknown labels of an aggregation refuses these as well.
    this.#series.sumBy(...labels);
    return new SplitExpression(this.#series, this.#build, labels);
  }

  override where(conditions: Readonly<Record<string, unknown>>): SplitExpression {
    return new SplitExpression(this.#series.where(conditions), this.#build, this.#by);
  }

  override offset(duration: string): SplitExpression {
    return new SplitExpression(this.#series.offset(duration), this.#build, this.#by);
  }
}
