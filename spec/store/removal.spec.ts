import { expect } from 'chai';
import {
  attachRecorder,
  defineCounter,
  defineGauge,
  defineHistogram,
  InFlight,
  PrometheusRecorder,
} from '../../lib/index.js';
import { readSamples } from '../prometheus/read-samples.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, state: {}, size: {} } });
const limited = defineCounter({ name: 'limited_total', help: 'Limited', labels: { team: { limit: 2 } } });

describe('remove(family, labels)', () => {
  let recorder: PrometheusRecorder;
  const work = (queue: string, state: string, size: number | string) =>
    recorder.counter(jobs).inc({ queue, state, size });
  const left = async () => Object.keys(await readSamples(recorder, 'jobs_total'));

  beforeEach(() => {
    recorder = new PrometheusRecorder({ strict: true, onAdvice: () => undefined });
    for (const queue of ['mail', 'fax']) {
      for (const state of ['done', 'failed']) {
        for (const size of [1, '2']) work(queue, state, size);
      }
    }
  });

  it('removes the one series with all these labels', async () => {
    expect(recorder.remove(jobs, { queue: 'mail', state: 'done', size: '1' })).to.equal(1);
    expect(await left())
      .to.have.length(7)
      .and.not.include('jobs_total{queue="mail",state="done",size="1"}');
  });

  it('removes every series with these labels, whatever their other labels', async () => {
    expect(recorder.remove(jobs, { state: 'failed' })).to.equal(4);
    expect(recorder.remove(jobs, { queue: 'fax', size: 2 })).to.equal(1);
    expect(await left()).to.deep.equal([
      'jobs_total{queue="mail",state="done",size="1"}',
      'jobs_total{queue="mail",state="done",size="2"}',
      'jobs_total{queue="fax",state="done",size="1"}',
    ]);
  });

  it('removes no series for an unknown value, an unknown label or an illegal value', () => {
    expect(recorder.remove(jobs, { queue: 'post' })).to.equal(0);
    expect(recorder.remove(jobs, { unknown: 'mail' } as never)).to.equal(0);
    expect(recorder.remove(jobs, { queue: {} } as never)).to.equal(0);
    expect(recorder.remove(defineCounter({ name: 'other_total', help: 'Other' }), {})).to.equal(0);
  });

  it('starts a series at 0 when it comes back, also for another raw value', async () => {
    recorder.remove(jobs, { size: 1 });
    work('mail', 'done', 1);
    const readings = await readSamples(recorder, 'jobs_total');
    expect(readings['jobs_total{queue="mail",state="done",size="1"}']).to.equal(1);
  });

  it('makes room under the limit of a label', async () => {
    const counter = recorder.counter(limited);
    for (const team of ['a', 'b', 'c']) counter.inc({ team });
    expect(recorder.remove(limited, { team: 'a' })).to.equal(1);
    counter.inc({ team: 'd' });
    counter.inc({ team: 'e' });
    expect(await readSamples(recorder, 'limited_total')).to.deep.equal({
      'limited_total{team="b"}': 1,
      'limited_total{team="d"}': 1,
      'limited_total{team="other"}': 2,
    });
  });

  it('reuses the slots of removed series, so that churn retains no memory', () => {
    const churn = defineHistogram({ name: 'churn_seconds', help: 'Churn', labels: { id: {} } });
    const histogram = recorder.histogram(churn);
    const round = (i: number): void => {
      for (let j = 0; j < 100; j++) histogram.observe({ id: `${i}-${j}` }, 1);
      recorder.remove(churn, {});
    };
    for (let i = 0; i < 20; i++) round(i);
    global.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    for (let i = 20; i < 1000; i++) round(i);
    global.gc?.();
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - heapUsed - arrayBuffers).to.be.below(1 << 20);
  });

  it('ignores the end of a call that was in flight', async () => {
    let end: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      end = resolve;
    });
    class Service {
      @InFlight({ name: 'calls_in_flight', help: 'Calls in flight', labels: { team: (team) => team } })
      wait(_team: string): Promise<void> {
        return until;
      }
    }
    const service = attachRecorder(new Service(), recorder);
    const first = service.wait('a');
    const family = defineGauge({ name: 'calls_in_flight', help: 'Calls in flight', labels: { team: {} } });
    expect(recorder.remove(family, { team: 'a' })).to.equal(1);
    const second = service.wait('b');
    expect(await readSamples(recorder, 'calls_in_flight')).to.deep.equal({ 'calls_in_flight{team="b"}': 1 });
    end();
    await Promise.all([first, second]);
    expect(await readSamples(recorder, 'calls_in_flight')).to.deep.equal({ 'calls_in_flight{team="b"}': 0 });
  });
});

describe('expireAfterSeconds', () => {
  let now: number;
  let recorder: PrometheusRecorder;
  const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { user: {} }, expireAfterSeconds: 60 });
  const scraped = async (name = 'visits_total') => Object.keys(await readSamples(recorder, name));

  beforeEach(() => {
    now = 1000;
    recorder = new PrometheusRecorder({ strict: true, clock: () => now });
  });

  it('removes at the next scrape a series that was not observed for that time', async () => {
    recorder.counter(visits).inc({ user: 'ada' });
    recorder.counter(visits).inc({ user: 'bob' });
    expect(await scraped()).to.have.length(2);
    now += 59;
    expect(await scraped()).to.have.length(2);
    recorder.counter(visits).inc({ user: 'bob' });
    now += 1;
    expect(await scraped()).to.deep.equal(['visits_total{user="bob"}']);
    now += 60;
    expect(await scraped()).to.deep.equal([]);
  });

  it('never removes a series too early, however rare the scrapes are', async () => {
    recorder.counter(visits).inc({ user: 'ada' });
    await scraped();
    now += 100;
    recorder.counter(visits).inc({ user: 'ada' });
    expect(await scraped()).to.have.length(1);
  });

  it('starts a series anew after it has expired or was cleared', async () => {
    recorder.counter(visits).inc({ user: 'ada' });
    await scraped();
    now += 60;
    await scraped();
    recorder.counter(visits).inc({ user: 'ada' });
    expect(await readSamples(recorder, 'visits_total')).to.deep.equal({ 'visits_total{user="ada"}': 1 });
    recorder.clear(visits);
    expect(await scraped()).to.deep.equal([]);
  });

  it('keeps a series while a call is in flight', async () => {
    const open = defineGauge({ name: 'open', help: 'Open', labels: { user: {} }, expireAfterSeconds: 60 });
    const family = recorder.open(open);
    const place = family.getOrCreate(['ada'], true) as number;
    family.acquire(place);
    await scraped('open');
    now += 600;
    expect(await scraped('open')).to.have.length(1);
    family.release(place);
    expect(await scraped('open')).to.have.length(1);
    now += 60;
    expect(await scraped('open')).to.deep.equal([]);
  });

  it('refuses a time that is no number above 0', () => {
    for (const expireAfterSeconds of [0, -1, Number.NaN, '60' as never]) {
      expect(() => defineCounter({ name: 'x_total', help: 'X', expireAfterSeconds })).to.throw('"expireAfterSeconds"');
    }
  });
});

describe('snapshot()', () => {
  it('returns the samples of a scrape as plain data', async () => {
    const recorder = new PrometheusRecorder({ prefix: 'shop_', constantLabels: { zone: 'x' } });
    recorder.counter(jobs).inc({ queue: 'mail', state: null, size: 1 }, 3);
    const waiting = defineHistogram({ name: 'wait_seconds', help: 'Waiting', unit: 'seconds', buckets: [1] });
    recorder.histogram(waiting).observe({}, 0.5);
    const [first, second] = await recorder.snapshot();
    expect(first).to.deep.equal({
      name: 'shop_jobs_total',
      type: 'counter',
      help: 'Jobs',
      samples: [{ name: 'shop_jobs_total', labels: { zone: 'x', queue: 'mail', size: '1' }, value: 3 }],
    });
    expect(second?.unit).to.equal('seconds');
    expect(second?.samples.map(({ name, labels, value }) => [name, labels['le'], value])).to.deep.equal([
      ['shop_wait_seconds_bucket', '1', 1],
      ['shop_wait_seconds_bucket', '+Inf', 1],
      ['shop_wait_seconds_sum', undefined, 0.5],
      ['shop_wait_seconds_count', undefined, 1],
    ]);
  });
});
