import { expect } from 'chai';
import fc from 'fast-check';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { Connected } from './connected.js';
import { samplesOf } from './merged.js';

const sizes = defineHistogram({ name: 'sizes', help: 'Sizes', labels: { team: {} }, buckets: [2, 4] });
const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {}, kind: {} } });
const depth = defineGauge({ name: 'depth', help: 'Depth' });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 2] });

describe('What processes publish', () => {
  it('adds up: a scrape has the counts of all, and after each publication those of now', async () => {
    const [first, second] = [new PrometheusRecorder(), new PrometheusRecorder()];
    const connected = new Connected().connect(first, second);
    first.counter(jobs).inc({ team: 'a', kind: 'x' }, 2);
    second.counter(jobs).inc({ team: 'a', kind: 'x' }, 3);
    second.counter(jobs).inc({ team: 'b', kind: '' }, 0.25);
    first.histogram(wait).observe({}, 0.5);
    second.histogram(wait).observe({}, 5);
    await Promise.resolve();
    await connected.publish();
    expect(await samplesOf(connected)).to.have.members([
      'jobs_total{team="a",kind="x"} 5',
      'jobs_total{team="b"} 0.25',
      'wait_seconds_bucket{le="1"} 1',
      'wait_seconds_bucket{le="2"} 1',
      'wait_seconds_bucket{le="+Inf"} 2',
      'wait_seconds_sum 5.5',
      'wait_seconds_count 2',
    ]);
    first.counter(jobs).inc({ team: 'a', kind: 'x' });
    await connected.publish();
    expect(await samplesOf(connected)).to.include('jobs_total{team="a",kind="x"} 6');
    await connected.close();
  });

  it('keeps each number bit by bit: NaN, −0, the infinities and what no 32 bits hold', async () => {
    const recorder = new PrometheusRecorder();
    const connected = new Connected().connect(recorder);
    await fc.assert(
      fc.asyncProperty(fc.double(), async (number) => {
        recorder.gauge(depth).set({}, number);
        await connected.publish();
        const [sample] = await samplesOf(connected);
        expect(Number(sample?.replace('depth ', '').replace('Inf', 'Infinity'))).to.deep.equal(number);
      }),
      { numRuns: 200 },
    );
    await connected.close();
  });

  it('sends what has changed only: a frame of one changed number has less than 40 bytes', async () => {
    const recorder = new PrometheusRecorder();
    for (let i = 0; i < 1000; i++) recorder.counter(jobs).inc({ team: `t${i}`, kind: 'x' });
    const connected = new Connected().connect(recorder);
    // Why so: the library's metrics about itself come a little later.
    for (let i = 0; i < 3; i++) await connected.publish();
    while ((connected.frames.at(-1) as number) >= 40) await connected.publish();
    recorder.counter(jobs).inc({ team: 't500', kind: 'x' });
    await connected.publish();
    expect(connected.frames.at(-1)).to.be.below(40);
    await connected.close();
  });

  it('survives that a series goes and another one gets its place and its number', async () => {
    const recorder = new PrometheusRecorder();
    const connected = new Connected().connect(recorder);
    recorder.counter(jobs).inc({ team: 'a', kind: 'x' }, 7);
    await connected.publish();
    recorder.remove(jobs, { team: 'a' });
    recorder.counter(jobs).inc({ team: 'b', kind: 'x' }, 7);
    await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="b",kind="x"} 7']);
    await connected.close();
  });

  it('never counts the number of a removed series as one of the series that got its place', async () => {
    const [first, second] = [new PrometheusRecorder(), new PrometheusRecorder()];
    const connected = new Connected().connect(first, second);
    first.counter(jobs).inc({ team: 'c', kind: 'x' }, 0);
    second.counter(jobs).inc({ team: 'd', kind: 'x' }, 1);
    await connected.publish();
    second.remove(jobs, { team: 'd' });
    second.counter(jobs).inc({ team: 'c', kind: 'x' }, 0);
    second.clear(jobs);
    await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="c",kind="x"} 0']);
    await connected.close();
  });

  it('has the series that the recorders have, and never more than was counted, whatever comes and goes', async () => {
    const operation = fc.record({
      recorder: fc.nat(2),
      team: fc.constantFrom('a', 'b', 'c', 'd'),
      action: fc.constantFrom('inc', 'inc', 'remove', 'clear', 'publish'),
      by: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const recorders = [0, 1, 2].map(() => new PrometheusRecorder());
        const connected = new Connected().connect(...recorders);
        await Promise.resolve();
        const counted = new Map<string, number>();
        for (const { recorder: i, team, action, by } of operations) {
          const recorder = recorders[i] as PrometheusRecorder;
          if (action === 'inc') {
            recorder.counter(jobs).inc({ team, kind: 'x' }, by);
            counted.set(team, (counted.get(team) ?? 0) + by);
          }
          if (action === 'publish') await connected.publish();
          if (action === 'remove') recorder.remove(jobs, { team });
          if (action === 'clear') recorder.clear(jobs);
        }
        await connected.publish();
        const there = new Set<string>();
        for (const recorder of recorders) {
          for (const line of await samplesOf(recorder)) there.add(line.replace(/ .*/, ''));
        }
        const merged = new Map((await samplesOf(connected)).map((line) => line.split(' ') as [string, string]));
        expect([...merged.keys()].sort()).to.deep.equal([...there].sort());
        for (const [series, number] of merged) {
          const team = /team="(.)"/.exec(series)?.[1] as string;
          expect(Number(number)).to.be.at.most(counted.get(team) ?? 0);
        }
        await connected.close();
      }),
      { numRuns: 100 },
    );
  });

  it('never lets a count fall that another recorder has too, whatever is removed while a connection is cut or a frame gets lost', async () => {
    const operation = fc.record({
      recorder: fc.constantFrom(1, 2),
      team: fc.constantFrom('a', 'b'),
      action: fc.constantFrom('inc', 'inc', 'remove', 'clear', 'cut', 'connect', 'lose', 'publish', 'publish'),
      by: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
        const recorders = [0, 1, 2].map(() => new PrometheusRecorder());
        const connected = new Connected().connect(...recorders);
        const counted = new Map<string, number>();
        const seen = new Map<string, number>();
        const record = (i: number, team: string, by: number): void => {
          const recorder = recorders[i] as PrometheusRecorder;
          recorder.counter(jobs).inc({ team, kind: 'x' }, by);
          recorder.histogram(sizes).observe({ team }, by);
          counted.set(team, (counted.get(team) ?? 0) + by);
          counted.set(`${team} sizes`, (counted.get(`${team} sizes`) ?? 0) + 1);
        };
        const check = async (): Promise<void> => {
          await connected.publish();
          for (const line of await samplesOf(connected)) {
            const [series = '', number] = line.split(' ');
            expect(Number(number), series).to.be.at.least(seen.get(series) ?? 0);
            seen.set(series, Number(number));
            const team = /team="(.)"/.exec(series)?.[1] as string;
            if (series.startsWith('jobs')) expect(Number(number)).to.be.at.most(counted.get(team) as number);
            if (/bucket|count/.test(series))
              expect(Number(number)).to.be.at.most(counted.get(`${team} sizes`) as number);
          }
        };
        // Why: it has all series, and removes none.
        for (const team of ['a', 'b']) record(0, team, 1);
        await check();
        for (const { recorder: i, team, action, by } of operations) {
          const recorder = recorders[i] as PrometheusRecorder;
          if (action === 'inc') record(i, team, by);
          if (action === 'remove') for (const family of [jobs, sizes]) recorder.remove(family, { team });
          if (action === 'clear') for (const family of [jobs, sizes]) recorder.clear(family);
          if (action === 'cut') connected.disconnect(recorder);
          if (action === 'connect') connected.reconnect(recorder);
          if (action === 'lose') connected.change = () => undefined;
          if (action === 'publish' || action === 'lose') await check();
          connected.change = (message) => message;
        }
        for (const recorder of recorders) connected.reconnect(recorder);
        await check();
        await connected.close();
      }),
      { numRuns: 200 },
    );
  });

  it('has room for what takes the place of removed series while a connection is cut', async () => {
    const recorder = new PrometheusRecorder();
    const connected = new Connected({ maxSeries: 3 }).connect(recorder);
    for (const team of ['a', 'b', 'c']) recorder.counter(jobs).inc({ team, kind: 'x' });
    await connected.publish();
    connected.disconnect(recorder);
    recorder.clear(jobs);
    for (const team of ['d', 'e']) recorder.counter(jobs).inc({ team, kind: 'x' });
    connected.reconnect(recorder);
    for (let i = 0; i < 2; i++) await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal([
      'jobs_total{team="d",kind="x"} 1',
      'jobs_total{team="e",kind="x"} 1',
    ]);
    await connected.close();
  });
});
