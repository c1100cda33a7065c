import { includes, type ReadableMetrics, type Sample, type SampleLabels, sampleText } from './readings.js';

declare global {
  namespace Chai {
    interface Assertion {
      /** Some series of this name has these labels, and perhaps more. Add `.with.value(n)` where it is exactly one. */
      series(name: string, labels?: SampleLabels): Assertion;
      /** The series found by `series` has this value. */
      value(value: number): Assertion;
      /**
       * The series with exactly these labels grows while `run` runs; `.by(n)` says by how much. Await it where `run` gives
       * a promise.
       */
      increased(name: string, labels: SampleLabels, run: () => unknown): MetricIncrease;
    }
    interface MetricIncrease extends PromiseLike<void> {
      /** The series grew by exactly so much. */
      by(increase: number): PromiseLike<void>;
    }
  }
}

/** The part of chai's assertions that is used. */
interface Assertion {
  readonly _obj: unknown;
  assert(holds: boolean, message: string, negated: string, expected?: unknown, actual?: unknown): void;
}

interface Chai {
  readonly Assertion: {
    // biome-ignore lint/suspicious/noExplicitAny: as chai's own types have it.
    addMethod(name: string, method: (this: Assertion, ...given: any[]) => unknown): void;
    overwriteMethod(name: string, method: (original: (...given: unknown[]) => unknown) => unknown): void;
  };
}

interface Utilities {
  flag(assertion: object, name: string, value?: unknown): unknown;
}

/** What `series` has found. */
interface Found {
  readonly text: string;
  readonly matching: readonly Sample[];
}

/** What `increased` has measured, or will have. */
interface Increase {
  readonly text: string;
  increase: number | Promise<number>;
}

/**
 * Chai assertions about recorded metrics: `use(metricsAssertions)`, then
 * `expect(recorder).to.have.series('jobs_total', { queue: 'mail' }).with.value(3)` and
 * `expect(recorder).to.have.increased('jobs_total', { queue: 'mail' }, () => work()).by(1)`.
 */
export function metricsAssertions({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.addMethod('series', function (name: string, labels: SampleLabels = {}) {
    const metrics = this._obj as ReadableMetrics;
    const all = metrics.series(name);
    const found: Found = {
      text: sampleText(name, labels),
      matching: all.filter((one) => includes(one.labels, labels)),
    };
    this.assert(
      found.matching.length > 0,
      `expected a series ${found.text}; ${nearest(metrics, name, labels)}`,
      `expected no series ${found.text}, but there is ${listed(name, found.matching)}`,
    );
    flag(this, 'series', found);
  });

  Assertion.addMethod('value', function (expected: number) {
    const { text, matching } = flag(this, 'series') as Found;
    const name = text.replace(/\{.*/s, '');
    const [one] = matching;
    this.assert(
      matching.length === 1 && Object.is(one?.value, expected),
      matching.length === 1
        ? `expected ${text} to be ${expected}, but it is ${one?.value}`
        : `expected ${text} to be one series, but there are ${listed(name, matching)}. Name more labels.`,
      `expected ${text} not to be ${expected}`,
      expected,
      one?.value,
    );
  });

  Assertion.addMethod('increased', function (name: string, labels: SampleLabels, run: () => unknown) {
    const metrics = this._obj as ReadableMetrics;
    const measured: Increase = { text: sampleText(name, labels), increase: metrics.increase(name, labels, run) };
    flag(this, 'increase', measured);
    return settled(this, measured, (increase) =>
      this.assert(
        increase > 0,
        `expected ${measured.text} to increase, but it did not; ${nearest(metrics, name, labels)}`,
        `expected ${measured.text} not to increase, but it did by ${increase}`,
      ),
    );
  });

  // Why overwritten: chai's own `increase(…).by(n)` must go on working.
  Assertion.overwriteMethod(
    'by',
    (original) =>
      function (this: Assertion, ...given: [number]) {
        const measured = flag(this, 'increase') as Increase | undefined;
        if (measured === undefined) return Reflect.apply(original, this, given);
        const [expected] = given;
        return settled(this, measured, (increase) =>
          this.assert(
            increase === expected,
            `expected ${measured.text} to increase by ${expected}, but it did by ${increase}`,
            `expected ${measured.text} not to increase by ${expected}`,
            expected,
            increase,
          ),
        );
      },
  );
}

/** Checks at once, or, where the increase is a promise, when the assertion is awaited, which is then given back. */
function settled(assertion: Assertion, measured: Increase, check: (increase: number) => void): unknown {
  const { increase } = measured;
  if (typeof increase === 'number') return check(increase);
  const checked = increase.then((by) => {
    check(by);
    return by;
  });
  // Why kept: what comes after waits for this check, so that one that nobody awaits fails as an unhandled rejection.
  measured.increase = checked;
  const then: Promise<void>['then'] = (...handlers) => checked.then(() => undefined).then(...handlers);
  return Object.defineProperty(assertion, 'then', { value: then, configurable: true });
}

/** What there is instead: the series of this name that have most of the labels, else the families. */
function nearest(metrics: ReadableMetrics, name: string, labels: SampleLabels): string {
  const all = metrics.series(name);
  if (all.length === 0) return `no series has that name; the families are ${metrics.families().join(', ') || 'none'}`;
  const common = (one: Sample): number => Object.entries(labels).filter(([k, value]) => one.labels[k] === value).length;
  const closest = all.toSorted((a, b) => common(b) - common(a));
  return `the nearest of ${all.length}: ${listed(name, closest)}`;
}

function listed(name: string, readings: readonly Sample[]): string {
  const shown = readings.slice(0, 3).map(({ labels, value }) => `${sampleText(name, labels)} ${value}`);
  return readings.length > 3 ? `${shown.join(', ')}, …` : shown.join(', ');
}
