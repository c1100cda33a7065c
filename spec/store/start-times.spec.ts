import { expect } from 'chai';
import * as promClient from 'prom-client';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder, scrape } from '../../lib/index.js';
import { WallClock } from '../../lib/store/wall-clock.js';
import { type ReadMetric, scrapeProtobuf } from '../exposition/read-protobuf.js';

/** Runs with `Date.now()` under control: `at(seconds)` sets it. */
async function withClock(run: (at: (seconds: number) => void) => unknown): Promise<void> {
  const { now } = Date;
  try {
    await run((seconds) => {
      Date.now = () => seconds * 1000;
    });
  } finally {
    Date.now = now;
  }
}

const startOf = ({ counter, histogram }: ReadMetric): number | undefined => {
  const { seconds, nanos } = counter?.createdTimestamp ?? histogram?.createdTimestamp ?? {};
  return seconds === undefined || nanos === undefined ? undefined : seconds + nanos / 1e9;
};

/** When each series of a recorder was created, by the name of the family and the label values. */
async function readStarts(recorder: PrometheusRecorder): Promise<Record<string, number | undefined>> {
  const messages = await scrapeProtobuf(recorder);
  return Object.fromEntries(
    messages.flatMap(({ name, metric = [] }) =>
      metric.map((one) => [[name, ...(one.label ?? []).map(({ value }) => value)].join(' '), startOf(one)]),
    ),
  );
}

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} }, initial: [{ team: 'initial' }] });
const wait = defineHistogram({ name: 'wait', help: 'Wait', labels: { team: {} }, buckets: [1] });
const depth = defineGauge({ name: 'depth', help: 'Depth' });

describe('The start time of a series', () => {
  it('tells in Protocol Buffers when each series of a counter or histogram was created, without an option', () =>
    withClock(async (at) => {
      at(100);
      const recorder = new PrometheusRecorder();
      at(101.25);
      recorder.counter(jobs).inc({ team: 'a' });
      at(102);
      recorder.counter(jobs).inc({ team: 'a' });
      recorder.counter(jobs).inc({ team: 'b' });
      recorder.histogram(wait).observe({ team: 'a' }, 1);
      recorder.gauge(depth).set({}, 1);
      at(103);
      expect(await readStarts(recorder)).to.include({
        'jobs_total initial': 101.25,
        'jobs_total a': 101.25,
        'jobs_total b': 102,
        'wait a': 102,
        depth: undefined,
        'flowplane_metrics_losses_total overflow': 100,
        flowplane_metrics_series: undefined,
      });
    }));

  it('begins anew with a series that was removed, cleared or has expired', () =>
    withClock(async (at) => {
      let seconds = 0;
      const recorder = new PrometheusRecorder({ clock: () => seconds });
      const calls = defineCounter({ name: 'calls_total', help: 'C', labels: { team: {} }, expireAfterSeconds: 60 });
      at(200);
      for (const team of ['a', 'b']) recorder.counter(jobs).inc({ team });
      recorder.counter(calls).inc({ team: 'a' });
      await readStarts(recorder);
      at(300);
      recorder.remove(jobs, { team: 'a' });
      recorder.counter(jobs).inc({ team: 'a' });
      seconds = 61;
      await readStarts(recorder);
      recorder.counter(calls).inc({ team: 'a' });
      expect(await readStarts(recorder)).to.include({
        'jobs_total a': 300,
        'jobs_total b': 200,
        'calls_total a': 300,
      });
      at(400);
      recorder.clear(jobs);
      expect(await readStarts(recorder)).to.include({ 'jobs_total initial': 400 });
    }));

  it('stays unknown for a metric of prom-client', async () => {
    const registry = new promClient.Registry();
    new promClient.Counter({ name: 'theirs_total', help: 'T', registers: [registry] }).inc();
    expect(await readStarts(new PrometheusRecorder({ registry }))).to.include({ theirs_total: undefined });
  });

  it('takes 8 bytes of a series, and none of a gauge', () => {
    // Why by the index of the next series: its numbers are beside each other in one typed array.
    const recorder = new PrometheusRecorder();
    const next = (family: typeof jobs | typeof depth): number => {
      const opened = recorder.open(family);
      return (opened.getOrCreate(['y'], true) as number) - (opened.getOrCreate(['x'], true) as number);
    };
    const level = defineGauge({ name: 'level', help: 'Level', labels: { team: {} } });
    expect(Math.abs(next(jobs))).to.equal(2);
    expect(Math.abs(next(level as never))).to.equal(2);
  });

  it('costs no sample of OpenMetrics unless the option "created" asks for it', async () => {
    for (const created of [false, true]) {
      const recorder = new PrometheusRecorder({ created });
      recorder.counter(jobs).inc({ team: 'a' });
      const { body } = await scrape(recorder, { method: 'GET', accept: 'application/openmetrics-text' });
      let shown = '';
      for await (const chunk of body) shown += Buffer.from(chunk).toString();
      expect(shown.includes('\njobs_created{team="a"} ')).to.equal(created);
    }
  });
});

describe('WallClock', () => {
  /** Counts how often the clock is read while this runs. */
  const countReadings = async (run: () => unknown): Promise<number> => {
    const { now } = Date;
    let readings = 0;
    Date.now = () => {
      readings++;
      return 5000;
    };
    try {
      await run();
    } finally {
      Date.now = now;
    }
    return readings;
  };

  it('takes few readings where it is asked many times in one turn, and new ones in the next turn', async () => {
    const clock = new WallClock();
    const ask = (): void => {
      for (let i = 0; i < 1000; i++) expect(clock.now()).to.equal(5);
    };
    expect(await countReadings(ask)).to.be.below(8);
    await null;
    expect(await countReadings(ask)).to.be.within(1, 8);
  });

  it('takes a reading each time where each turn asks once', async () => {
    const clock = new WallClock();
    const readings = await countReadings(async () => {
      for (let i = 0; i < 20; i++) {
        clock.now();
        await new Promise(setImmediate);
      }
    });
    expect(readings).to.equal(20);
  });
});
