import type { SampleLabels } from './samples.js';
import {
  type Increase,
  judgeIncrease,
  judgeSeries,
  judgeValue,
  readableMetrics,
  type SeriesVerdict,
  type Verdict,
} from './verdicts.js';

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

/** What `increased` has measured, at once or later. */
interface Measured extends Omit<Increase, 'increase'> {
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
  Assertion.addMethod('series', function (name: string, labels?: SampleLabels) {
    const verdict = judgeSeries(readableMetrics('series', this._obj), name, labels);
    assert(this, verdict);
    flag(this, 'series', verdict);
  });
}

function addValue({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.addMethod('value', function (expected: number) {
    assert(this, judgeValue(flag(this, 'series') as SeriesVerdict, expected, flag(this, 'negate') === true));
  });
}

function addIncreased({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.addMethod('increased', function (name: string, labels: SampleLabels, run: () => unknown) {
    const metrics = readableMetrics('increased', this._obj);
    const measured: Measured = { metrics, name, labels, increase: metrics.increase(name, labels, run) };
    flag(this, 'increase', measured);
    return checkWhenDone(this, measured);
  });
}

// Why overwritten: chai's own `increase(…).by(n)` must go on working.
function overwriteBy({ Assertion }: Chai, { flag }: Utilities): void {
  Assertion.overwriteMethod(
    'by',
    (original) =>
      function (this: Assertion, ...given: [number]) {
        const measured = flag(this, 'increase') as Measured | undefined;
        if (measured === undefined) return Reflect.apply(original, this, given);
        return checkWhenDone(this, measured, ...given);
      },
  );
}

/** Checks at once. Where the increase is a promise, it returns the assertion, which checks when it is awaited. */
function checkWhenDone(assertion: Assertion, measured: Measured, expected?: number): unknown {
  const { increase } = measured;
  const check = (by: number): void => assert(assertion, judgeIncrease({ ...measured, increase: by }, expected));
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

function assert(assertion: Assertion, { holds, message, negated, expected, actual }: Verdict): void {
  assertion.assert(holds, message, negated, expected, actual);
}
