import { expect as chaiExpect } from 'chai';
import { expect } from 'expect';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  MetricsError,
  PrometheusRecorder,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsMatchers } from 'flowplane-metrics/testing/jest';
import { metricsMatchers as vitestMatchers } from 'flowplane-metrics/testing/vitest';

expect.extend(metricsMatchers);

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, state: {} } });
const depth = defineGauge({ name: 'queue_depth', help: 'Depth' });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', labels: { queue: {} }, buckets: [1] });

class Mailer {
  @Counter({ name: 'matched_mails_total', help: 'Mails', labels: { to: (to) => to } })
  async send(_to: string): Promise<void> {}
}

/** What is thrown, also later; an assertion that holds throws nothing. */
async function thrown(assert: () => unknown): Promise<Error> {
  try {
    await assert();
  } catch (error) {
    return error as Error;
  }
  throw new Error('the assertion holds');
}

describe('The matchers for Jest and Vitest', () => {
  const mail = { queue: 'mail', state: 'done' };
  let metrics: MemoryRecorder;
  const work = (queue: string, times = 1): void => metrics.counter(jobs).inc({ queue, state: 'done' }, times);

  beforeEach(() => {
    metrics = new MemoryRecorder({ strict: true });
    for (const queue of ['mail', 'print', 'fax']) work(queue);
    metrics.gauge(depth).set({}, 0);
    metrics.histogram(wait).observe({ queue: 'mail' }, 0.5);
  });

  it('of both runners are the same functions', () => {
    chaiExpect(vitestMatchers).to.equal(metricsMatchers);
  });

  describe('toHaveSeries(name, labels, value)', () => {
    it('passes when a series has these labels, and perhaps more', () => {
      expect(metrics).toHaveSeries('jobs_total', { queue: 'mail' });
      expect(metrics).toHaveSeries('jobs_total');
      expect(metrics).toHaveSeries('wait_seconds_bucket', { queue: 'mail', le: '1' });
      expect(metrics).not.toHaveSeries('jobs_total', { queue: 'post' });
    });

    it('passes when the one series has this value, or one that a matcher accepts', () => {
      expect(metrics).toHaveSeries('jobs_total', mail, 1);
      expect(metrics).toHaveSeries('queue_depth', {}, 0);
      expect(metrics).toHaveSeries('wait_seconds_sum', {}, expect.closeTo(0.49999));
      expect(metrics).toHaveSeries('wait_seconds_sum', {}, expect.any(Number));
      expect(metrics).not.toHaveSeries('jobs_total', mail, 2);
      expect(metrics).not.toHaveSeries('jobs_total', { queue: 'post' }, 1);
    });

    it('fails when several series match a value, negated too, as it would hold for the wrong reason', async () => {
      for (const matcher of [expect(metrics), expect(metrics).not]) {
        for (const value of [1, 7]) {
          const { message } = await thrown(() => matcher.toHaveSeries('jobs_total', {}, value));
          chaiExpect(message).to.match(/^expected jobs_total to be one series, .*Name more labels\.$/);
        }
      }
    });

    it('refuses a misspelt name or label, whether a series is expected or none', async () => {
      for (const [name, labels, message] of [
        ['job_total', {}, 'Did you mean "jobs_total"?'],
        ['wait_seconds', {}, 'Ask for "wait_seconds_count"'],
        ['jobs_total', { queu: 'mail' }, 'Did you mean "queue"?'],
      ] as const) {
        for (const matcher of [expect(metrics), expect(metrics).not]) {
          const error = await thrown(() => matcher.toHaveSeries(name, labels));
          chaiExpect(error).to.be.instanceOf(MetricsError);
          chaiExpect(error.message).to.contain(message);
        }
      }
    });

    it('refuses a value that is no MemoryRecorder, and says what to use', async () => {
      for (const value of [new PrometheusRecorder(), undefined, 7, {}]) {
        const error = await thrown(() => expect(value).toHaveSeries('jobs_total'));
        chaiExpect(error.message).to.match(/^toHaveSeries: the value must be a MemoryRecorder \(given .*\)\. Let /);
      }
    });
  });

  describe('toHaveIncreased(name, labels, run, by)', () => {
    it('passes when the series grew, or grew by the given amount', () => {
      expect(metrics).toHaveIncreased('jobs_total', mail, () => work('mail', 2));
      expect(metrics).toHaveIncreased('jobs_total', mail, () => work('mail', 2), 2);
      expect(metrics).toHaveIncreased(
        'jobs_total',
        { queue: 'new', state: 'done' },
        () => work('new'),
        expect.any(Number),
      );
      expect(metrics).not.toHaveIncreased('jobs_total', mail, () => work('fax'));
      expect(metrics).not.toHaveIncreased('jobs_total', mail, () => work('mail'), 2);
    });

    it('waits for an asynchronous function', async () => {
      const mailer = attachRecorder(new Mailer(), metrics);
      const labels = { to: 'a' };
      await expect(metrics).toHaveIncreased('matched_mails_total', labels, () => mailer.send('a'), 1);
      await expect(metrics).not.toHaveIncreased('matched_mails_total', labels, () => mailer.send('b'));
      const send = () => mailer.send('a');
      const { message } = await thrown(() => expect(metrics).toHaveIncreased('matched_mails_total', labels, send, 2));
      chaiExpect(message).to.equal('expected matched_mails_total{to="a"} to increase by 2, but it did by 1');
    });

    it('names the nearest series where the series of a given amount did not grow at all', async () => {
      const wrong = { queue: 'mial', state: 'done' };
      const error = await thrown(() => expect(metrics).toHaveIncreased('jobs_total', wrong, () => work('mail'), 1));
      chaiExpect(error.message)
        .to.match(
          /^expected jobs_total\{queue="mial",state="done"\} to increase by 1, but it did not; the nearest of \d+: /,
        )
        .and.contain('jobs_total{queue="mail",state="done"} ');
    });

    it('lets an error of the code under test through', async () => {
      const own = new Error('its own');
      const fails = (): never => {
        throw own;
      };
      for (const run of [fails, async () => fails()]) {
        chaiExpect(await thrown(() => expect(metrics).toHaveIncreased('jobs_total', mail, run))).to.equal(own);
      }
    });

    it('gives a test runner both numbers to show', async () => {
      const error = await thrown(() => expect(metrics).toHaveIncreased('jobs_total', mail, () => work('mail'), 3));
      chaiExpect(error).to.have.property('matcherResult').that.includes({ expected: 3, actual: 1, pass: false });
    });
  });
});
