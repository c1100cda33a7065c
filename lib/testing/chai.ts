import { formatSample, hasLabels, type ReadableMetrics, type Sample, type SampleLabels } from './samples.js';

declare global {
  namespace Chai {
    interface Assertion {
      /** A series of this name has at least these labels. Add `.with.value(n)` where exactly one series matches. */
      series(name: string, labels?: SampleLabels): Assertion;
      /** The series that `series` found has this value. */
      value(value: number): Assertion;
      /**
       * The series with exactly these labels grows while `run` runs; `.by(n)` says by how much. Await it where `run` returns
       * a promise.
       */
      increased(name: string, labels: SampleLabels, run: () => unknown): MetricIncrease;
    }
    interface MetricIncrease extends PromiseLike<void> {
      /** The series grew by exactly this number. */
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

/** The series that `series` found. */
interface Found {
  readonly text: string;
  readonly matching: readonly Sample[];
}

/** The increase that `increased` measures. */
interface Increase {
  readonly text: string;
  increase: number | Promise<number>;
}

/**
 * Chai assertions about recorded metrics: `series`, `value`, and `increased` with `by`.
 *
 * @example
 * import { expect, use } from 'chai';
 * import { defineCounter } from 'flowplane-metrics';
 * import { MemoryRecorder } from 'flowplane-metrics/testing';
 * import { metricsAssertions } from 'flowplane-metrics/testing/chai';
 *
 * use(metricsAssertions);
 * const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {} } });
 * const recorder = new MemoryRecorder();
 * const run = () => recorder.counter(jobs).inc({ queue: 'mail' });
 * expect(recorder).to.have.increased('jobs_total', { queue: 'mail' }, run).by(1);
 * expect(recorder).to.have.series('jobs_total', { queue: 'mail' }).with.value(1);
 */
export function metricsAssertions(chai: Chai, utilities: Utilities): void {
  addSeries(chai, utilities);
  addValue(chai, utilities);
  addIncreased(chai, utilities);
  overwriteBy(chai, utilities);
}

function addSeries({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.addMethod('series', function (name: string, labels: SampleLabels = {}) {
    const metrics = this._obj as ReadableMetrics;
    const all = metrics.series(name);
    // Why: it refuses a label that the series of this name cannot have.
    metrics.value(name, labels);
    const found: Found = {
      text: formatSample(name, labels),
      matching: all.filter((one) => hasLabels(one.labels, labels)),
    };
    this.assert(
      found.matching.length > 0,
      `expected a series ${found.text}; ${describeNearest(metrics, name, labels)}`,
      `expected no series ${found.text}, but there is ${formatSamples(name, found.matching)}`,
    );
    flag(this, 'series', found);
  });
}

function addValue({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.addMethod('value', function (expected: number) {
    const { text, matching } = flag(this, 'series') as Found;
    const name = text.replace(/\{.*/s, '');
    const [one] = matching;
    this.assert(
      matching.length === 1 && Object.is(one?.value, expected),
      matching.length === 1
        ? `expected ${text} to be ${expected}, but it is ${one?.value}`
        : `expected ${text} to be one series, but there are ${formatSamples(name, matching)}. Name more labels.`,
      `expected ${text} not to be ${expected}`,
      expected,
      one?.value,
    );
  });
}

function addIncreased({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.addMethod('increased', function (name: string, labels: SampleLabels, run: () => unknown) {
    const metrics = this._obj as ReadableMetrics;
    const measured: Increase = { text: formatSample(name, labels), increase: metrics.increase(name, labels, run) };
    flag(this, 'increase', measured);
    return checkWhenDone(this, measured, (increase) =>
      this.assert(
        increase > 0,
        `expected ${measured.text} to increase, but it did not; ${describeNearest(metrics, name, labels)}`,
        `expected ${measured.text} not to increase, but it did by ${increase}`,
      ),
    );
  });
}

// Why overwritten: chai's own `increase(…).by(n)` must go on working.
function overwriteBy({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.overwriteMethod(
    'by',
    (original) =>
      function (this: Assertion, ...given: [number]) {
        const measured = flag(this, 'increase') as Increase | undefined;
        if (measured === undefined) return Reflect.apply(original, this, given);
        const [expected] = given;
        return checkWhenDone(this, measured, (increase) =>
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

/** Checks at once. Where the increase is a promise, it returns the assertion, which checks when it is awaited. */
function checkWhenDone(assertion: Assertion, measured: Increase, check: (increase: number) => void): unknown {
  const { increase } = measured;
  if (typeof increase === 'number') return check(increase);
  const checked = Promise.resolve(increase).then((by) => {
    check(by);
    return by;
  });
  // Why kept: the next assertion waits for this check. A check that is never awaited fails as an unhandled rejection.
  measured.increase = checked;
  const then: Promise<void>['then'] = (...handlers) => checked.then(() => undefined).then(...handlers);
  return Object.defineProperty(assertion, 'then', { value: then, configurable: true });
}

/** Describes what exists instead: the series of this name with most of the labels, or else the families. */
function describeNearest(metrics: ReadableMetrics, name: string, labels: SampleLabels): string {
  const all = metrics.series(name);
  if (all.length === 0) return `no series has that name; the families are ${metrics.families().join(', ') || 'none'}`;
  const common = (one: Sample): number => Object.entries(labels).filter(([k, value]) => one.labels[k] === value).length;
  const closest = all.toSorted((a, b) => common(b) - common(a));
  return `the nearest of ${all.length}: ${formatSamples(name, closest)}`;
}

function formatSamples(name: string, samples: readonly Sample[]): string {
  const first = samples.slice(0, 3).map(({ labels, value }) => `${formatSample(name, labels)} ${value}`);
  return samples.length > 3 ? `${first.join(', ')}, …` : first.join(', ');
}
