import { expect } from 'chai';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type MetricsRecorder,
  type RecorderOptions,
} from '../../lib/index.js';
import { add } from './add.js';

/** One exposed line: the sample's name and labels, and its value. */
export type Readings = Readonly<Record<string, number>>;

/** How the suite makes a recorder, and reads what it holds. */
export interface Subject {
  create(options?: RecorderOptions): MetricsRecorder;
  /** Every sample of a family, as `name{label="value",…}`, empty labels left out. */
  read(recorder: MetricsRecorder, family: string): Promise<Readings>;
}

const calls = defineCounter({ name: 'calls_total', help: 'Calls', labels: { team: {}, kind: { oneOf: ['a', 'b'] } } });
const plain = defineCounter({ name: 'plain_total', help: 'Calls' });
const teams = defineCounter({ name: 'teams_total', help: 'Calls', labels: { team: {} } });
const size = defineGauge({ name: 'size', help: 'Size', labels: { team: { limit: 2 } }, initial: [{ team: 'first' }] });
const latency = defineHistogram({ name: 'latency_seconds', help: 'Latency', buckets: [0.1, 1], labels: { team: {} } });

/** What every implementation of `MetricsRecorder` promises. */
export function describeMetricsRecorder(name: string, { create, read }: Subject): void {
  describe(`${name} as a MetricsRecorder`, () => {
    let recorder: MetricsRecorder;
    const quiet = { onError: () => undefined, onAdvice: () => undefined };

    beforeEach(() => {
      recorder = create(quiet);
    });

    describe('open(family)', () => {
      it('returns the same recorder at each call, also for an equal definition', () => {
        const again = defineCounter({ name: 'plain_total', help: 'Calls' });
        expect(recorder.open(plain)).to.equal(recorder.open(plain)).and.to.equal(recorder.open(again));
      });

      it('refuses another definition of the name, and names both sites', () => {
        recorder.open(plain, '@Counter on First.method');
        const other = defineGauge({ name: 'plain_total', help: 'Calls', labels: { team: {} } });
        expect(() => recorder.open(other, '@Gauge on Second.method'))
          .to.throw(/^@Gauge on Second\.method: family "plain_total" already exists in this recorder/)
          .with.property('code', 'family_clash');
      });

      it('refuses families whose samples would have the same name in one of the formats', () => {
        recorder.open(defineCounter({ name: 'jobs_total', help: 'Jobs' }));
        recorder.open(defineHistogram({ name: 'wait_seconds', help: 'Waiting' }));
        for (const clashing of [
          defineGauge({ name: 'jobs', help: 'Jobs' }),
          defineCounter({ name: 'wait_seconds_count', help: 'Waits' }),
        ]) {
          expect(() => recorder.open(clashing))
            .to.throw('already exists')
            .with.property('code', 'family_clash');
        }
      });

      it('creates the initial series at 0', async () => {
        recorder.open(size);
        expect(await read(recorder, 'size')).to.deep.equal({ 'size{team="first"}': 0 });
      });

      it('creates every combination of listed values at 0, except for a gauge without initial: "all"', async () => {
        const labels = { kind: { oneOf: ['a', 'b'] }, end: { oneOf: ['good', 'bad'] } };
        recorder.open(plain);
        recorder.open(defineCounter({ name: 'closed_total', help: 'Closed', labels }));
        recorder.open(defineGauge({ name: 'asked', help: 'Asked', labels: { kind: labels.kind }, initial: 'all' }));
        recorder.open(defineGauge({ name: 'not_asked', help: 'Not asked', labels }));
        expect(await read(recorder, 'plain_total')).to.deep.equal({ plain_total: 0 });
        expect(await read(recorder, 'closed_total')).to.deep.equal({
          'closed_total{kind="a",end="good"}': 0,
          'closed_total{kind="a",end="bad"}': 0,
          'closed_total{kind="b",end="good"}': 0,
          'closed_total{kind="b",end="bad"}': 0,
        });
        expect(await read(recorder, 'asked')).to.deep.equal({ 'asked{kind="a"}': 0, 'asked{kind="b"}': 0 });
        expect(await read(recorder, 'not_asked')).to.deep.equal({});
      });
    });

    describe('with add(…)', () => {
      it('counts different label sets apart, and equal ones together', async () => {
        const family = recorder.open(calls);
        add(family, ['x', 'a'], 1);
        add(family, ['x', 'a'], 2.5);
        add(family, ['y', 'a'], 1);
        expect(await read(recorder, 'calls_total')).to.deep.equal({
          'calls_total{team="x",kind="a"}': 3.5,
          'calls_total{team="y",kind="a"}': 1,
        });
      });

      it('copies the borrowed array before it returns', async () => {
        const family = recorder.open(calls);
        const borrowed = ['x', 'a'];
        add(family, borrowed, 1);
        borrowed[0] = 'changed';
        expect(await read(recorder, 'calls_total')).to.deep.equal({ 'calls_total{team="x",kind="a"}': 1 });
      });

      it('counts a family without labels', async () => {
        add(recorder.open(plain), [], 1);
        add(recorder.open(plain), [], 1);
        expect(await read(recorder, 'plain_total')).to.deep.equal({ plain_total: 2 });
      });

      it('drops a negative step and a value that is not finite, and creates no series for it', async () => {
        const told: string[] = [];
        const recording = create({ ...quiet, onError: ({ code }, site) => told.push(`${code} ${site}`) });
        for (const by of [-1, Number.NaN, Infinity, 1e308]) recording.counter(teams).inc({ team: 'x' }, by);
        expect(told.map((one) => one.split(' ')[0])).to.deep.equal(['negative_step', 'not_finite']);
        expect(await read(recording, 'teams_total')).to.deep.equal({});
      });

      it('finds a series again by up to three label values', () => {
        const family = recorder.open(calls);
        expect(family.lookup('x', 'a', undefined)).to.equal(undefined);
        const place = family.getOrCreate(['x', 'a'], true);
        expect(family.lookup('x', 'a', undefined)).to.be.oneOf([place, undefined]);
        expect(family.getOrCreate(['x', 'a'], true)).to.equal(place);
        expect(family.lookup('x', 'b', undefined)).to.equal(undefined);
      });

      it('counts a value outside the closed domain as "other", and leaves an empty one empty', async () => {
        const family = recorder.open(calls);
        add(family, ['x', 'c'], 1);
        add(family, ['x', 'd'], 1);
        add(family, ['x', ''], 1);
        expect(await read(recorder, 'calls_total')).to.deep.equal({
          'calls_total{team="x",kind="other"}': 2,
          'calls_total{team="x"}': 1,
        });
      });
    });

    describe('with label values', () => {
      const sameSeries: [string, unknown[], string][] = [
        ['1 and "1" and 1n', [1, '1', 1n], '1'],
        ['true and "true"', [true, 'true'], 'true'],
        ['a lone surrogate and U+FFFD', ['a\ud800', 'a\ufffd'], 'a\ufffd'],
      ];
      for (const [title, values, text] of sameSeries) {
        it(`counts in one series for ${title}`, async () => {
          for (const value of values) add(recorder.open(calls), [value, 'a'], 1);
          expect(await read(recorder, 'calls_total')).to.deep.equal({
            [`calls_total{team="${text}",kind="a"}`]: values.length,
          });
        });
      }

      it('treats null, undefined and the empty string as an absent label', async () => {
        for (const value of [null, undefined, '']) add(recorder.open(calls), [value, 'a'], 1);
        expect(await read(recorder, 'calls_total')).to.deep.equal({ 'calls_total{kind="a"}': 3 });
      });

      it('distinguishes values by a trailing blank, and never joins two values by a separator', async () => {
        const family = recorder.open(defineCounter({ name: 'pairs_total', help: 'Pairs', labels: { a: {}, b: {} } }));
        for (const pair of [
          ['1', ''],
          ['1 ', ''],
          ['x|', 'y'],
          ['x', '|y'],
          ['a,b:c', ''],
          ['a', 'b:c'],
        ]) {
          add(family, pair, 1);
        }
        expect(Object.keys(await read(recorder, 'pairs_total'))).to.have.length(6);
      });

      it('replaces a secret by "redacted" in a counter, drops it in a gauge, and keeps it with "allow"', async () => {
        const key = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
        const allowed = { key: { sensitive: 'allow' as const } };
        recorder.counter(teams).inc({ team: key });
        recorder.counter(teams).inc({ team: 'AKIAIOSFODNN7EXAMPLE' });
        recorder.gauge(size).set({ team: key }, 1);
        recorder.counter(defineCounter({ name: 'allowed_total', help: 'Allowed', labels: allowed })).inc({ key });
        expect(await read(recorder, 'teams_total')).to.deep.equal({ 'teams_total{team="redacted"}': 2 });
        expect(await read(recorder, 'size')).to.deep.equal({ 'size{team="first"}': 0 });
        expect(await read(recorder, 'allowed_total')).to.deep.equal({ [`allowed_total{key="${key}"}`]: 1 });
      });

      it('drops a secret with sensitive: "drop", under that reason', async () => {
        const told: string[] = [];
        const recording = create({ ...quiet, onError: ({ code }) => told.push(code) });
        const labels = { user: { sensitive: 'drop' as const } };
        recording
          .counter(defineCounter({ name: 'users_total', help: 'Users', labels }))
          .inc({ user: 'ada@example.com' });
        recording.gauge(size).set({ team: 'ada@example.com' }, 1);
        expect(told).to.deep.equal(['sensitive', 'sensitive']);
        expect(await read(recording, 'users_total')).to.deep.equal({});
      });

      it('leaves out a label that is called like a property of every object, where it is not given', async () => {
        const odd = { constructor: {}, toString: {}, valueOf: { limit: 2 } };
        const gauge = recorder.gauge(defineGauge({ name: 'odd', help: 'Odd', labels: odd, initial: [{} as never] }));
        expect(await read(recorder, 'odd')).to.deep.equal({ odd: 0 });
        gauge.set({ toString: 'x' } as never, 1);
        gauge.set({ constructor: 'y', valueOf: 7 } as never, 2);
        gauge.set({} as never, 3);
        expect(await read(recorder, 'odd')).to.deep.equal({
          odd: 3,
          'odd{toString="x"}': 1,
          'odd{constructor="y",valueOf="7"}': 2,
        });
        gauge.set({ valueOf: Object } as never, 4);
        expect(Object.keys(await read(recorder, 'odd'))).to.have.length(3);
      });

      it('drops a label value that is an array, an object, a function or a symbol', async () => {
        const family = recorder.open(calls);
        for (const value of [['x'], { toString: () => 'x' }, () => 'x', Symbol('x')]) {
          expect(add(family, [value, 'a'], 1)).to.equal('label_type');
        }
        expect(await read(recorder, 'calls_total')).to.deep.equal({});
      });

      it('cuts a label value at 1,024 code points', async () => {
        add(recorder.open(calls), ['😀'.repeat(2000), 'a'], 1);
        const [name = ''] = Object.keys(await read(recorder, 'calls_total'));
        expect(name).to.equal(`calls_total{team="${'😀'.repeat(1023)}…",kind="a"}`);
      });
    });

    describe('past the limit of the family', () => {
      const labels = { kind: { oneOf: ['a'] }, id: {} };
      const few = defineCounter({ name: 'few_total', help: 'Few', labels, maxSeries: 3 });
      const fewSet = defineGauge({ name: 'few', help: 'Few', labels: { id: {} }, maxSeries: 2 });

      it('counts in "other", keeps labels with a closed domain, and loses no count', async () => {
        for (let i = 0; i < 10; i++) recorder.counter(few).inc({ kind: 'a', id: i });
        expect(await read(recorder, 'few_total')).to.deep.equal({
          'few_total{kind="a",id="0"}': 1,
          'few_total{kind="a",id="1"}': 1,
          'few_total{kind="a",id="other"}': 8,
        });
      });

      it('drops the value of a gauge', async () => {
        for (let i = 0; i < 10; i++) recorder.gauge(fewSet).set({ id: i }, i);
        expect(await read(recorder, 'few')).to.deep.equal({ 'few{id="0"}': 0, 'few{id="1"}': 1 });
      });
    });

    describe('with set, inc and dec', () => {
      it('sets a gauge, increments it and decrements it', async () => {
        const gauge = recorder.gauge(size);
        gauge.set({ team: 'x' }, 5);
        gauge.inc({ team: 'x' });
        gauge.dec({ team: 'x' }, 3);
        expect(await read(recorder, 'size')).to.deep.equal({ 'size{team="first"}': 0, 'size{team="x"}': 3 });
      });

      it('computes the values of a collector when they are read, and shows no others', async () => {
        let value = 1;
        const gauge = recorder.gauge(size);
        gauge.set({ team: 'before' }, 9);
        gauge.collect(() => [{ labels: { team: 'x' }, value: value++ }]);
        for (const expected of [1, 2]) {
          expect(await read(recorder, 'size')).to.deep.equal({ 'size{team="x"}': expected });
        }
      });

      it('accepts NaN and the infinities by hand', async () => {
        recorder.gauge(size).set({ team: 'first' }, Number.NEGATIVE_INFINITY);
        expect(await read(recorder, 'size')).to.deep.equal({ 'size{team="first"}': Number.NEGATIVE_INFINITY });
      });

      it('drops the value of a gauge past the limit of a label', async () => {
        const family = recorder.open(size);
        family.set(family.getOrCreate(['x'], false) as number, 1);
        expect(family.getOrCreate(['y'], false)).to.equal('overflow');
        expect(await read(recorder, 'size')).to.deep.equal({ 'size{team="first"}': 0, 'size{team="x"}': 1 });
      });
    });

    describe('with enter and leave', () => {
      it('counts calls in flight, as "other" past the limit, and returns to 0', async () => {
        const family = recorder.open(size);
        const places = ['x', 'x', 'y'].map((team) => family.getOrCreate([team], true) as number);
        for (const place of places) family.acquire(place);
        expect(await read(recorder, 'size')).to.deep.equal({
          'size{team="first"}': 0,
          'size{team="x"}': 2,
          'size{team="other"}': 1,
        });
        for (const place of places) family.release(place);
        expect(Object.values(await read(recorder, 'size'))).to.deep.equal([0, 0, 0]);
      });
    });

    describe('with observe(…)', () => {
      it('fills cumulative buckets, the sum and the count', async () => {
        const histogram = recorder.histogram(latency);
        for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.observe({ team: 'x' }, seconds);
        expect(await read(recorder, 'latency_seconds')).to.deep.equal({
          'latency_seconds_bucket{team="x",le="0.1"}': 2,
          'latency_seconds_bucket{team="x",le="1"}': 3,
          'latency_seconds_bucket{team="x",le="+Inf"}': 4,
          'latency_seconds_sum{team="x"}': 7.65,
          'latency_seconds_count{team="x"}': 4,
        });
      });

      it('never observes a value that is not finite', async () => {
        for (const value of [Number.NaN, Infinity, -1e308]) recorder.histogram(latency).observe({ team: 'x' }, value);
        expect(await read(recorder, 'latency_seconds')).to.deep.equal({});
      });
    });

    describe('with recording by hand', () => {
      it('never throws, and reports to onError what it cannot record', () => {
        const codes: string[] = [];
        const strictly = create({ ...quiet, onError: ({ code }) => codes.push(code) });
        strictly.counter(calls).inc({ team: 'x', knid: 'a' } as never);
        strictly.counter(plain).inc(5 as never);
        strictly.counter(plain).inc({}, -1);
        strictly.gauge({ ...size, name: 'plain_total' } as never).set({}, 1);
        expect(codes).to.deep.equal(['label_type', 'label_type', 'negative_step', 'family_clash']);
      });

      it('counts correctly when a getter among the labels counts as well', async () => {
        const counter = recorder.counter(calls);
        counter.inc({
          get team() {
            counter.inc({ team: 'inner', kind: 'b' });
            return 'outer';
          },
          kind: 'a',
        });
        expect(await read(recorder, 'calls_total')).to.deep.equal({
          'calls_total{team="inner",kind="b"}': 1,
          'calls_total{team="outer",kind="a"}': 1,
        });
      });
    });

    it('passes the same advice on once', () => {
      const heard: string[] = [];
      const advised = create({ ...quiet, onAdvice: ({ message }) => heard.push(message) });
      for (const message of ['a', 'a', 'b']) advised.advise({ code: 'unwired', message });
      expect(heard).to.deep.equal(['a', 'b']);
    });

    it('throws in strict mode where it drops otherwise', () => {
      expect(() => create({ strict: true }).counter(plain).inc({}, -1)).to.throw('a counter cannot be decreased');
    });
  });
}
