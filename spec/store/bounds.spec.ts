import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import {
  type Advice,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
} from '../../lib/index.js';
import { readSamples } from '../prometheus/read-samples.js';

const visits = defineCounter({
  name: 'visits_total',
  help: 'Visits',
  labels: { kind: { oneOf: ['page', 'feed'] }, user: {} },
  maxSeries: 10,
});
const teams = defineCounter({ name: 'teams_total', help: 'Teams', labels: { team: { limit: 5 } } });

describe('The limits of a recorder', () => {
  let advice: Advice[];
  let dropped: string[];

  const make = (options: PrometheusRecorderOptions = {}): PrometheusRecorder =>
    new PrometheusRecorder({
      onAdvice: (one) => advice.push(one),
      onError: ({ code }) => dropped.push(code),
      ...options,
    });
  const shown = async (recorder: PrometheusRecorder): Promise<string> =>
    text((await scrape(recorder, { method: 'GET' })).body);

  beforeEach(() => {
    advice = [];
    dropped = [];
  });

  describe('per label', () => {
    it('count values past the limit of a label as "other", and keep the known values', async () => {
      const recorder = make();
      for (let i = 0; i < 8; i++) recorder.counter(teams).inc({ team: `t${i}` });
      recorder.counter(teams).inc({ team: 't7' });
      recorder.counter(teams).inc({ team: 't0' });
      const samples = await readSamples(recorder, 'teams_total');
      expect(samples['teams_total{team="other"}']).to.equal(4);
      expect(samples['teams_total{team="t0"}']).to.equal(2);
      expect(Object.keys(samples)).to.have.length(6);
    });

    it('cause advice at four fifths and at the first value past the limit, once, with three examples', () => {
      const recorder = make();
      for (let i = 0; i < 8; i++) recorder.counter(teams).inc({ team: `t${i}` });
      expect(advice.map(({ code }) => code)).to.deep.equal(['bound', 'bound']);
      expect(advice[0]?.message).to.equal(
        'defineCounter "teams_total": family "teams_total" has four fifths of the 5 values of label "team" that it may have (given most values in label "team", such as "t0", "t1", "t2"). Read a label with fewer different values, or raise the label\'s "limit".',
      );
      expect(advice[1]?.message).to.contain(
        'has a value of label "team" outside the 5 that it may have, which becomes "other" or is dropped (given "t5", beside "t0", "t1", "t2")',
      );
    });

    it('cause advice once, however often values come and go around them, and keep no text of each', async () => {
      const recorder = make();
      const hits = defineCounter({ name: 'hits_total', help: 'Hits', labels: { page: {} }, maxSeries: 5 });
      const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { floor: { limit: 5 } } });
      let i = 0;
      recorder
        .gauge(rooms)
        .collect(() => Array.from({ length: 6 }, () => ({ labels: { floor: `f${i++}` }, value: 1 })));
      for (let round = 0; round < 100; round++) {
        for (let n = 0; n < 8; n++) {
          recorder.counter(teams).inc({ team: `t${round}-${n}` });
          recorder.counter(hits).inc({ page: `p${round}-${n}` });
        }
        await recorder.snapshot();
        recorder.remove(teams, {});
        recorder.remove(hits, {});
      }
      expect(advice.map(({ code, message }) => [code, /"(\w+)" has/.exec(message)?.[1]]).sort()).to.deep.equal(
        ['hits_total', 'hits_total', 'rooms', 'rooms', 'teams_total', 'teams_total'].map((name) => ['bound', name]),
      );
    });

    it('cause advice that shows no secret', () => {
      const recorder = make();
      recorder.counter(visits).inc({ kind: 'ada@example.com' as never, user: 'u' });
      expect(advice[0]?.message).to.contain('given "redacted", beside "page", "feed"').and.contain('Add the value');
    });

    it('expose how many new values became "other", from the first one on', async () => {
      const recorder = make();
      for (let i = 0; i < 5; i++) recorder.counter(teams).inc({ team: `t${i}` });
      expect(await shown(recorder)).to.not.contain('overflowed');
      for (let i = 5; i < 8; i++) recorder.counter(teams).inc({ team: `t${i}` });
      recorder.counter(teams).inc({ team: 't7' });
      expect(await shown(recorder)).to.contain(
        'flowplane_metrics_overflowed_total{metric="teams_total",label="team"} 3\n',
      );
    });
  });

  describe('per family', () => {
    it('count as "other" in labels without a closed domain, within the limit, and lose no count', async () => {
      const recorder = make();
      for (let i = 0; i < 100; i++) recorder.counter(visits).inc({ kind: i % 2 ? 'page' : 'feed', user: `u${i}` });
      const samples = await readSamples(recorder, 'visits_total');
      expect(Object.keys(samples)).to.have.length(10);
      expect(samples['visits_total{kind="page",user="other"}']).to.equal(46);
      expect(samples['visits_total{kind="feed",user="other"}']).to.equal(46);
      expect(Object.values(samples).reduce((sum, n) => sum + n, 0)).to.equal(100);
      expect(dropped).to.deep.equal([]);
    });

    it('drop the value of a gauge, because a gauge cannot be summed up as "other"', async () => {
      const recorder = make({ maxSeriesPerFamily: 3 });
      const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: {} } });
      for (let i = 0; i < 5; i++) recorder.gauge(depth).set({ queue: `q${i}` }, i);
      expect(Object.keys(await readSamples(recorder, 'depth'))).to.have.length(3);
      expect(dropped).to.deep.equal(['overflow']);
      expect(await shown(recorder)).to.contain('flowplane_metrics_dropped_total{metric="depth",reason="overflow"} 2\n');
    });

    it('cause advice at four fifths and when they are reached, and are exposed', async () => {
      const recorder = make();
      for (let i = 0; i < 100; i++) recorder.counter(visits).inc({ kind: 'page', user: `u${i}` });
      expect(advice.map(({ message }) => message)).to.deep.equal([
        'defineCounter "visits_total": family "visits_total" has four fifths of the 10 series that it may have (given most values in label "user", such as "u0", "u1", "u2"). Read a label with fewer different values, give the label a "limit", or raise "maxSeries".',
        'defineCounter "visits_total": family "visits_total" has the 10 series that it may have: a new one becomes "other" in its labels, or is dropped (given most values in label "user", such as "u0", "u1", "u2"). Read a label with fewer different values, give the label a "limit", or raise "maxSeries".',
      ]);
      const exposed = await shown(recorder);
      expect(exposed).to.contain('flowplane_metrics_series{metric="visits_total"} 9\n');
      expect(exposed).to.contain('flowplane_metrics_series_limit{metric="visits_total"} 10\n');
    });

    it('omit initial series when the listed values have too many combinations', async () => {
      const oneOf = ['a', 'b', 'c', 'd'];
      const many = defineCounter({ name: 'many_total', help: 'Many', labels: { x: { oneOf }, y: { oneOf } } });
      const recorder = make({ maxSeriesPerFamily: 10 });
      recorder.counter(many).inc({ x: 'd', y: 'd' });
      expect(await readSamples(recorder, 'many_total')).to.deep.equal({ 'many_total{x="d",y="d"}': 1 });
    });
  });

  describe('of all families together', () => {
    const latency = defineHistogram({ name: 'latency', help: 'Latency', labels: { path: {} }, buckets: [1, 2] });
    const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { job_name: {} } });

    it('count a label set of a histogram with its buckets + 3, and drop new series past the limit', async () => {
      const recorder = make({ maxSamples: 12 });
      for (const path of ['/a', '/b', '/c']) recorder.histogram(latency).observe({ path }, 1);
      for (const name of ['x', 'y', 'z']) recorder.counter(jobs).inc({ job_name: name });
      recorder.histogram(latency).observe({ path: '/a' }, 1);
      expect((await readSamples(recorder, 'latency'))['latency_count{path="/a"}']).to.equal(2);
      expect(Object.keys(await readSamples(recorder, 'latency'))).to.have.length(10);
      expect(Object.keys(await readSamples(recorder, 'jobs_total'))).to.have.length(2);
      expect(dropped).to.deep.equal(['overflow', 'overflow']);
      expect(advice.map(({ message }) => message)).to.deep.equal([
        'the recorder has four fifths of the 12 samples that it may have (given most by "latency" with 5). See recorder.cardinality() for the labels that cause them, or raise "maxSamples".',
        'the recorder has the 12 samples that it may have: new series are dropped (given most by "latency" with 10). See recorder.cardinality() for the labels that cause them, or raise "maxSamples".',
      ]);
    });

    it('make room for new series when series are removed', () => {
      const recorder = make({ maxSamples: 5 });
      const family = recorder.open(latency);
      expect(family.getOrCreate(['/a'], true)).to.be.a('number');
      expect(family.getOrCreate(['/b'], true)).to.equal('overflow');
      recorder.remove(latency, { path: '/a' });
      expect(family.getOrCreate(['/b'], true)).to.be.a('number');
    });
  });

  describe('recorder.cardinality()', () => {
    it('returns the cost of each family, and of each of its labels', () => {
      const recorder = make({ prefix: 'shop_' });
      for (let i = 0; i < 4; i++) recorder.counter(visits).inc({ kind: 'page', user: `u${i}` });
      const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1] });
      recorder.open(wait);
      recorder.counter(teams).inc({ team: 'a' });
      expect(recorder.cardinality()).to.deep.equal([
        {
          name: 'shop_visits_total',
          series: 4,
          samples: 4,
          limit: 10,
          labels: [
            { name: 'user', values: 4 },
            { name: 'kind', values: 1, limit: 2 },
          ],
        },
        { name: 'shop_wait_seconds', series: 1, samples: 4, limit: 10_000, labels: [] },
        {
          name: 'shop_teams_total',
          series: 1,
          samples: 1,
          limit: 10_000,
          labels: [{ name: 'team', values: 1, limit: 5 }],
        },
      ]);
    });
  });

  it('leave known values where they were once the family is full: exposed, redacted or hashed', async () => {
    const recorder = make({ hashKey: 'a key' });
    const hashed = defineCounter({
      name: 'hashed_visits_total',
      help: 'Visits',
      labels: { kind: {}, user: { hash: true } },
      maxSeries: 10,
    });
    const known = ['first', 'ann@shop.example'];
    for (const counter of [recorder.counter(visits), recorder.counter(hashed)]) {
      for (const user of known) counter.inc({ kind: 'page', user });
      for (let i = 0; i < 50; i++) counter.inc({ kind: 'page', user: `user-${i}` });
      for (const user of known) counter.inc({ kind: 'page', user }, 10);
    }
    const samples = await readSamples(recorder, 'visits_total');
    expect(samples['visits_total{kind="page",user="first"}']).to.equal(11);
    expect(samples['visits_total{kind="page",user="redacted"}']).to.equal(11);
    const counts = Object.values(await readSamples(recorder, 'hashed_visits_total'));
    expect(counts.filter((count) => count === 11)).to.have.length(2);
  });

  describe('with endless new values', function () {
    this.timeout(600_000);
    const many = process.env['CI'] === 'true' ? 10_000_000 : 200_000;
    const fresh: Readonly<Record<string, (i: number) => string | number>> = {
      texts: (i) => `a-user-${i}`,
      'short texts': (i) => i.toString(36),
      numbers: (i) => i + 0.5,
    };
    for (const [what, make_] of Object.entries(fresh)) {
      it(`keep counting ${many} ${what} through one label within 5 MiB of memory`, async () => {
        const recorder = make();
        const counter = recorder.counter(visits);
        const limited = recorder.counter(teams);
        const memory = (): number => {
          for (let i = 0; i < 3; i++) global.gc?.();
          const { heapUsed, arrayBuffers } = process.memoryUsage();
          return heapUsed + arrayBuffers;
        };
        counter.inc({ kind: 'page', user: 'known' });
        limited.inc({ team: 'known' });
        const before = memory();
        for (let i = 0; i < many / 2; i++) {
          counter.inc({ kind: 'page', user: make_(i) });
          limited.inc({ team: make_(i) });
        }
        expect((memory() - before) / (1 << 20)).to.be.below(5);
        const total = async (name: string) =>
          Object.values(await readSamples(recorder, name)).reduce((sum, n) => sum + n, 0);
        expect(await total('visits_total')).to.equal(many / 2 + 1);
        expect(await total('teams_total')).to.equal(many / 2 + 1);
      });
    }
  });
});
