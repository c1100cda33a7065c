import { expect } from 'chai';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { type Choices, groupSeries, type LabelChoice, listLabels } from '../../lib/page/grouping.js';
import { History, keptSeconds } from '../../lib/page/history.js';
import type { FamilyReading, SeriesReading } from '../../lib/page/reading.js';
import { measureColumn, type View, viewsOf } from '../../lib/page/views.js';
import { readOne } from './read.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, team: {} } });
const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2, 4] });

const view = (kind: string, name: string): View => {
  const found = viewsOf(kind).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no view ${name}`);
  return found;
};

/** What a view draws between two readings, two seconds apart. */
function draw(one: View, before: FamilyReading | undefined, now: FamilyReading, choices: Choices = new Map()): object {
  const earlier = before && { time: 1000, family: before };
  return Object.fromEntries(measureColumn(one, choices, { time: 1002, family: now }, earlier).lines);
}

const all: LabelChoice = { by: 'all' };

describe('The page draws', () => {
  const recorder = new PrometheusRecorder();
  let first: FamilyReading;
  let now: FamilyReading;
  before(async () => {
    const counter = recorder.counter(jobs);
    counter.inc({ queue: 'mail', team: 'a' }, 10);
    counter.inc({ queue: 'mail', team: 'b' }, 10);
    first = await readOne(recorder, 'jobs_total');
    counter.inc({ queue: 'mail', team: 'a' }, 4);
    counter.inc({ queue: 'push', team: 'b' }, 6);
    now = await readOne(recorder, 'jobs_total');
  });

  it('the rate of each series of a counter, also of one that is new', () => {
    expect(draw(view('counter', 'Rate'), first, now)).to.deep.equal({
      'queue=mail, team=a': 2,
      'queue=mail, team=b': 0,
      'queue=push, team=b': 3,
    });
  });

  it('no rate before the second reading', () => {
    expect(Object.values(draw(view('counter', 'Rate'), undefined, now))).to.deep.equal([null, null, null]);
  });

  it('the rate of a counter that began anew as what it has counted since', () => {
    expect(draw(view('counter', 'Rate'), now, first)).to.deep.include({ 'queue=mail, team=a': 5 });
  });

  it('one line for series that are taken together, and only the series of a chosen value', () => {
    const rate = view('counter', 'Rate');
    expect(draw(rate, first, now, new Map([['team', all]]))).to.deep.equal({ 'queue=mail': 2, 'queue=push': 3 });
    const both = new Map([
      ['team', all],
      ['queue', all],
    ]);
    expect(draw(rate, first, now, both)).to.deep.equal({ all: 5 });
    expect(draw(rate, first, now, new Map([['team', { by: 'value', value: 'b' }]]))).to.deep.equal({
      'queue=mail': 0,
      'queue=push': 3,
    });
    expect([...groupSeries(now, new Map([['team', { by: 'value', value: 'nobody' }]]))]).to.deep.equal([]);
  });

  it('the total of a counter, and the value of a gauge', async () => {
    expect(draw(view('counter', 'Total'), undefined, first)).to.include({ 'queue=mail, team=a': 10 });
    recorder.gauge(depth).set({ queue: 'mail' }, 7);
    expect(draw(view('gauge', 'Value'), undefined, await readOne(recorder, 'depth'))).to.deep.equal({
      'queue=mail': 7,
    });
  });

  it('percentiles, rate, average and heat map of what a histogram has observed between two readings', async () => {
    for (let i = 0; i < 100; i++) recorder.histogram(wait).observe({}, 9);
    const earlier = await readOne(recorder, 'wait_seconds');
    for (let i = 0; i < 100; i++) recorder.histogram(wait).observe({}, i < 95 ? 0.5 : 3);
    const later = await readOne(recorder, 'wait_seconds');
    const percentiles = draw(view('histogram', 'Percentiles'), earlier, later) as Record<string, number>;
    expect(Object.keys(percentiles)).to.deep.equal(['p50', 'p90', 'p99']);
    expect(percentiles['p50']).to.be.within(0.5, 0.6);
    expect(percentiles['p99']).to.be.within(3, 4);
    expect(draw(view('histogram', 'Rate'), earlier, later)).to.deep.equal({ all: 50 });
    expect((draw(view('histogram', 'Average'), earlier, later) as Record<string, number>)['all']).to.be.closeTo(
      0.625,
      1e-9,
    );
    const times = [
      { time: 1000, family: earlier },
      { time: 1002, family: later },
    ] as const;
    const { growth } = measureColumn(view('histogram', 'Heat map'), new Map(), times[1], times[0]);
    expect([...growth.buckets.values()].map(({ count }) => count)).to.deep.equal([95, 0, 5, 0]);
  });

  it('no point for a value that is not a number, which would be the least and the most of all', async () => {
    recorder.gauge(depth).set({ queue: 'none' }, Number.NaN);
    expect(draw(view('gauge', 'Value'), undefined, await readOne(recorder, 'depth'))).to.include({
      'queue=none': null,
    });
  });

  it('series as lines of their own, whatever their label values say', () => {
    const family = new Map(
      [
        ['x, b=y', 'z'],
        ['x', 'y, b=z'],
      ].map(([a = '', b = '']): [string, SeriesReading] => [
        a,
        { labels: new Map(Object.entries({ a, b })), value: 1, exemplars: [] },
      ]),
    );
    expect([...groupSeries(family, new Map()).keys()]).to.deep.equal(['a="x, b=y", b=z', 'a=x, b="y, b=z"']);
  });

  it('lists of labels with their values in order', () => {
    expect(listLabels(now)).to.deep.equal([
      { name: 'queue', values: ['mail', 'push'] },
      { name: 'team', values: ['a', 'b'] },
    ]);
  });
});

describe('The page remembers', () => {
  const family: FamilyReading = new Map();

  it('readings of a quarter of an hour', () => {
    const history = new History();
    for (let time = 0; time <= 2 * keptSeconds; time += 2) history.add({ time, family });
    expect(history.readings[0]?.time).to.equal(keptSeconds);
    expect(history.latest?.time).to.equal(2 * keptSeconds);
  });

  it('fewer readings of a family with many numbers', () => {
    const series = { labels: new Map(), value: 1, exemplars: [] };
    const large: FamilyReading = new Map(Array.from({ length: 100_000 }, (_, i) => [String(i), series]));
    const history = new History();
    for (let time = 0; time < 100; time += 2) history.add({ time, family: large });
    expect(history.readings.length).to.equal(10);
  });

  it('the labels of a series once, however often it is read', async () => {
    const recorder = new PrometheusRecorder();
    const history = new History();
    for (const time of [0, 2, 4]) {
      recorder.counter(jobs).inc({ queue: 'mail', team: 'a' });
      history.add({ time, family: await readOne(recorder, 'jobs_total') });
    }
    const all = history.readings.flatMap((reading) => [...reading.family.values()]);
    expect(all.map(({ value }) => value)).to.deep.equal([1, 2, 3]);
    expect(new Set(all.map(({ labels }) => labels)).size).to.equal(1);
  });

  it('the reading before the last ten seconds, and none from before a pause', () => {
    const history = new History();
    for (const time of [0, 100, 102, 104, 106, 108, 110, 112, 114]) history.add({ time, family });
    const earlier = (index: number) => history.findBefore(index, 5)?.time;
    expect(earlier(8)).to.equal(104);
    expect(earlier(2)).to.equal(100);
    expect(earlier(1)).to.equal(undefined);
  });
});
