import { expect } from 'chai';
import { defineCounter, defineHistogram } from '../../lib/index.js';
import { Arrivals, createRecorder, frameOf, memory } from './arrivals.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', labels: { team: {} } });
const native = defineHistogram({ name: 'size_bytes', help: 'Size', labels: { team: {} }, native: true });

describe('The memory of an aggregator', () => {
  it('stays flat over 10,000 processes that come, publish all kinds of metrics with exemplars, and go', async () => {
    const frame = await frameOf(
      createRecorder(3, (recorder, team) => {
        recorder.counter(jobs).inc({ team }, 1, { exemplar: { order: team } });
        recorder.histogram(wait).observe({ team }, 0.3, { exemplar: { order: team } });
        for (let i = 0; i < 30; i++) recorder.histogram(native).observe({ team }, 1.2 ** i);
      }),
    );
    const arrivals = new Arrivals();
    const restart = (times: number): void => {
      for (let i = 0; i < times; i++) arrivals.end(arrivals.start(frame));
    };
    restart(1000);
    const before = memory();
    restart(9000);
    // What it remembers are the ids of 10,000 that have gone.
    expect(memory() - before).to.be.below(1_500_000);
    const counts: number[] = [];
    const family = arrivals.families.exposedFamilies((name) => name === 'jobs_total')[0];
    const ignore = (): void => undefined;
    const writer = { label: ignore, histogram: ignore, summary: ignore, sample: ignore };
    for (const _ of family?.write({ ...writer, value: (_depth, value) => counts.push(value) }) ?? []);
    expect(counts).to.deep.equal(Array.from({ length: 3 }, () => 10_000));
  });
});
