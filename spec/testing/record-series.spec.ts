import { mock } from 'node:test';
import { expect } from 'chai';
import {
  attachRecorder,
  defineGauge,
  defineHistogram,
  MetricsError,
  PrometheusRecorder,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder, recordSeries } from 'flowplane-metrics/testing';
import { createRecorder, Orders, orderOften } from './alerts.js';

const latency = defineHistogram({ name: 'order_seconds', help: 'Duration', buckets: [0.5, 1] });

/** A service whose calls take as long as they are told to. */
class Mailbox {
  @Timed({ name: 'mail_seconds', help: 'Duration of a mail', buckets: [10, 60] })
  async send(milliseconds: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}
const sessions = defineGauge({ name: 'sessions', help: 'Sessions', labels: { user: {} } });

/** Series that end 40 seconds after what was last recorded. */
const devices = defineGauge({ name: 'devices', help: 'Devices', labels: { user: {} }, expireAfterSeconds: 40 });

describe('A recording of series', () => {
  const valuesOf = (input: readonly { series: string; values: string }[]) =>
    Object.fromEntries(
      input.filter(({ series }) => !series.startsWith('flowplane_')).map(({ series, values }) => [series, values]),
    );

  it('has one sample at once, and one for each step that passes, with the labels of a target', async () => {
    const recorder = createRecorder();
    const orders = attachRecorder(new Orders(), recorder);
    const series = await recordSeries(recorder, '15s', { labels: { job: 'shop', instance: 'a' } });
    orderOften(orders, 4, true);
    await series.pass('30s');
    orderOften(orders, 1, false);
    await series.pass('15s');
    expect(series.steps).to.equal(3);
    expect(valuesOf(series.toInput())).to.deep.equal({
      'orders_total{outcome="error", job="shop", instance="a"}': '0 2 2 2',
      'orders_total{outcome="success", job="shop", instance="a"}': '0 2 2 3',
      'process_start_time_seconds{job="shop", instance="a"}': '0 0 0 0',
      'up{job="shop", instance="a"}': '1 1 1 1',
    });
  });

  it('has the buckets of histograms, what is not finite, and the end of a series that is removed', async () => {
    const recorder = createRecorder();
    const gauge = recorder.gauge(sessions);
    gauge.set({ user: 'a"b' }, Number.POSITIVE_INFINITY);
    recorder.histogram(latency).observe({}, 0.75);
    const series = await recordSeries(recorder, '1m', { labels: { job: 'j' } });
    recorder.remove(sessions, { user: 'a"b' });
    await series.pass('1m');
    await series.pass('1m');
    gauge.set({ user: 'a"b' }, Number.NaN);
    await series.pass('1m');
    expect(valuesOf(series.toInput())).to.include({
      'sessions{user="a\\"b", job="j"}': 'Inf stale _ NaN',
      'order_seconds_bucket{le="0.5", job="j"}': '0 0 0 0',
      'order_seconds_bucket{le="+Inf", job="j"}': '1 1 1 1',
      'order_seconds_sum{job="j"}': '0.75 0.75 0.75 0.75',
    });
  });

  it('lets the time of the service pass before each sample', async () => {
    const ticks: number[] = [];
    const series = await recordSeries(createRecorder(), '30s', { tick: async (ms) => void ticks.push(ms) });
    await series.pass('1m');
    expect(ticks).to.deep.equal([30_000, 30_000]);
  });

  it('has what a service measures by a fake clock: durations, and the end of a series that expires', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
    try {
      const recorder = new PrometheusRecorder({ processMetrics: false, clock: () => Date.now() / 1000 });
      const mailbox = attachRecorder(new Mailbox(), recorder);
      recorder.gauge(devices).set({ user: 'a' }, 1);
      const series = await recordSeries(recorder, '15s', {
        labels: {},
        tick: async (ms) => {
          mock.timers.tick(ms);
          // Why: what waited for a timer goes on in a later turn.
          await new Promise(setImmediate);
        },
      });
      void mailbox.send(30_000);
      await series.pass('1m');
      expect(valuesOf(series.toInput())).to.include({
        'mail_seconds_bucket{le="10"}': '0 0 0 0 0',
        'mail_seconds_bucket{le="60"}': '0 0 1 1 1',
        'mail_seconds_sum{}': '0 0 30 30 30',
        'devices{user="a"}': '1 1 1 stale _',
      });
    } finally {
      mock.timers.reset();
    }
  });

  it('refuses what it cannot record, with what to do', async () => {
    const wrong: readonly (readonly [run: () => Promise<unknown>, text: RegExp])[] = [
      [() => recordSeries(new MemoryRecorder() as never, '15s'), /the recorder must be a PrometheusRecorder/],
      [() => recordSeries(createRecorder(), '15' as '15s'), /"every" must be a whole number of ms, s, m/],
      [() => recordSeries(createRecorder(), '15s', { label: {} } as {}), /option "label" is unknown/],
      [() => recordSeries(createRecorder(), '15s', { tick: 5 as never }), /"tick" must be a function/],
      [async () => (await recordSeries(createRecorder(), '15s')).pass('soon' as '1s'), /the time that passes must/],
    ];
    for (const [run, text] of wrong) {
      const error = await run().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(MetricsError).with.property('message').that.matches(text);
    }
  });
});
