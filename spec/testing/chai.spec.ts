import { runInNewContext } from 'node:vm';
import { AssertionError, expect, use } from 'chai';
import { defineCounter, defineGauge, defineHistogram, MetricsError } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';

use(metricsAssertions);

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, state: {} } });
const depth = defineGauge({ name: 'queue_depth', help: 'Depth' });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', labels: { queue: {} }, buckets: [1] });

describe('The chai assertions', () => {
  let metrics: MemoryRecorder;
  const work = (queue: string, times = 1): void => metrics.counter(jobs).inc({ queue, state: 'done' }, times);

  beforeEach(() => {
    metrics = new MemoryRecorder({ strict: true });
    for (const queue of ['mail', 'print', 'fax', 'fax 2']) work(queue);
    metrics.gauge(depth).set({}, 0);
    metrics.histogram(wait).observe({ queue: 'mail' }, 0.5);
  });

  /** What the assertion says where it fails. */
  function failure(assert: () => unknown): string {
    try {
      assert();
    } catch (error) {
      expect(error).to.be.instanceOf(AssertionError);
      return (error as Error).message;
    }
    throw new Error('the assertion holds');
  }

  describe('series(name, labels)', () => {
    it('passes when a series has these labels, and perhaps more', () => {
      expect(metrics).to.have.series('jobs_total', { queue: 'mail' });
      expect(metrics).to.have.series('jobs_total');
      expect(metrics).to.have.series('queue_depth');
      expect(metrics).to.have.series('wait_seconds_bucket', { queue: 'mail', le: '1' });
      expect(metrics).to.not.have.series('jobs_total', { queue: 'post' });
    });

    it('names the nearest series when none matches', () => {
      expect(failure(() => expect(metrics).to.have.series('jobs_total', { queue: 'print', state: 'failed' }))).to.equal(
        'expected a series jobs_total{queue="print",state="failed"}; the nearest of 4: ' +
          'jobs_total{queue="print",state="done"} 1, jobs_total{queue="mail",state="done"} 1, ' +
          'jobs_total{queue="fax",state="done"} 1, …',
      );
    });

    it('refuses a misspelt name or label, whether a series is expected or none', () => {
      for (const [name, labels, message] of [
        ['job_total', {}, 'Did you mean "jobs_total"?'],
        ['wait_seconds', {}, 'Ask for "wait_seconds_count"'],
        ['jobs_total', { queu: 'mail' }, 'Did you mean "queue"?'],
      ] as const) {
        expect(() => expect(metrics).to.have.series(name, labels)).to.throw(MetricsError, message);
        expect(() => expect(metrics).to.not.have.series(name, labels)).to.throw(MetricsError, message);
      }
    });

    it('names the existing series when none is expected', () => {
      expect(failure(() => expect(metrics).to.not.have.series('queue_depth'))).to.equal(
        'expected no series queue_depth, but there is queue_depth 0',
      );
    });
  });

  describe('.with.value(n)', () => {
    it('passes for the one series that matches', () => {
      expect(metrics).to.have.series('jobs_total', { queue: 'mail' }).with.value(1);
      expect(metrics).to.have.series('wait_seconds_sum').with.value(0.5);
      expect(metrics).to.have.series('jobs_total', { queue: 'mail' }).but.not.with.value(2);
    });

    it('has the count and the sum that a native histogram counts', () => {
      metrics
        .histogram(defineHistogram({ name: 'size_bytes', help: 'Sizes', buckets: false, native: true }))
        .observe({}, 7);
      expect(metrics).to.have.series('size_bytes_count').with.value(1);
      expect(metrics).to.have.series('size_bytes_sum').with.value(7);
    });

    it('names the actual value', () => {
      const { message, expected, actual } = caught(() =>
        expect(metrics).to.have.series('jobs_total', { queue: 'mail' }).with.value(3),
      );
      expect(message).to.equal('expected jobs_total{queue="mail"} to be 3, but it is 1');
      expect([expected, actual]).to.deep.equal([3, 1]);
    });

    it('asks for more labels when several series match', () => {
      expect(failure(() => expect(metrics).to.have.series('jobs_total').with.value(1))).to.match(
        /^expected jobs_total to be one series, but there are jobs_total\{.*, …\. Name more labels\.$/,
      );
    });
  });

  describe('increased(name, labels, run)', () => {
    const mail = { queue: 'mail', state: 'done' };

    it('passes when the series grew by the given amount', () => {
      expect(metrics).to.have.increased('jobs_total', mail, () => work('mail', 2));
      expect(metrics)
        .to.have.increased('jobs_total', mail, () => work('mail', 2))
        .by(2);
      expect(metrics)
        .to.have.increased('jobs_total', { queue: 'new', state: 'done' }, () => work('new'))
        .by(1);
      expect(metrics).to.not.have.increased('jobs_total', mail, () => work('fax'));
    });

    it('awaits an asynchronous function', async () => {
      const later = async (): Promise<void> => {
        await undefined;
        work('mail');
      };
      await expect(metrics).to.have.increased('jobs_total', mail, later);
      await expect(metrics).to.have.increased('jobs_total', mail, later).by(1);
      const [reason, wrong] = await Promise.all([
        rejection(expect(metrics).to.have.increased('jobs_total', { ...mail, state: 'x' }, later)),
        rejection(
          expect(metrics)
            .to.have.increased('jobs_total', mail, async () => undefined)
            .by(5),
        ),
      ]);
      expect(reason).to.match(
        /^expected jobs_total\{queue="mail",state="x"\} to increase, but it did not; the nearest of/,
      );
      expect(wrong).to.match(/to increase/);
      expect(await rejection(expect(metrics).to.have.increased('jobs_total', mail, later).by(5))).to.equal(
        'expected jobs_total{queue="mail",state="done"} to increase by 5, but it did by 1',
      );
    });

    it('awaits a promise of another realm and a thenable', async () => {
      const runs = {
        realm: () => runInNewContext('(async () => { await undefined; work("mail"); })()', { work }),
        thenable: () => ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
          then: (resolve: () => void) =>
            void setImmediate(() => {
              work('mail');
              resolve();
            }),
        }),
      };
      for (const run of Object.values(runs)) {
        await expect(metrics).to.have.increased('jobs_total', mail, run).by(1);
        expect(await rejection(expect(metrics).to.not.have.increased('jobs_total', mail, run))).to.match(/by 1$/);
      }
    });

    it('refuses a misspelt name or label, whether an increase is expected or none', async () => {
      const ask = (name: string, labels: Record<string, string>, run: () => unknown): unknown =>
        expect(metrics).to.not.have.increased(name, labels, run);
      expect(() => ask('job_total', mail, () => undefined)).to.throw(MetricsError, 'Did you mean "jobs_total"?');
      expect(() => ask('jobs_total', { queu: 'mail' }, () => undefined)).to.throw(MetricsError, '"queue"');
      const later = ask('job_total', mail, async () => undefined) as PromiseLike<unknown>;
      expect(await rejection(later)).to.contain('Did you mean "jobs_total"?');
    });

    it('names the amount by which the series grew', () => {
      expect(
        failure(() =>
          expect(metrics)
            .to.have.increased('jobs_total', mail, () => work('mail'))
            .by(2),
        ),
      ).to.equal('expected jobs_total{queue="mail",state="done"} to increase by 2, but it did by 1');
      expect(failure(() => expect(metrics).to.not.have.increased('jobs_total', mail, () => work('mail')))).to.equal(
        'expected jobs_total{queue="mail",state="done"} not to increase, but it did by 1',
      );
    });

    it('lets an error of the code under test through', async () => {
      const thrown = new Error('its own');
      const throws = (): never => {
        throw thrown;
      };
      expect(() => expect(metrics).to.have.increased('jobs_total', mail, throws)).to.throw(thrown);
      expect(await rejection(expect(metrics).to.have.increased('jobs_total', mail, async () => throws()))).to.equal(
        'its own',
      );
    });

    it("leaves chai's own .by() alone", () => {
      let n = 0;
      expect(() => n++)
        .to.increase(() => n)
        .by(1);
    });
  });

  function caught(assert: () => unknown): { message: string; expected: unknown; actual: unknown } {
    try {
      assert();
    } catch (error) {
      return error as never;
    }
    throw new Error('the assertion holds');
  }

  const rejection = async (assertion: PromiseLike<unknown>): Promise<string> => {
    try {
      await assertion;
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('the assertion holds');
  };
});
