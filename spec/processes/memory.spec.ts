import { expect } from 'chai';
import { defineCounter, defineHistogram } from '../../lib/index.js';
import { cellStoreOf } from '../../lib/store/cell-access.js';
import { Arrivals, createRecorder, frameOf, memory, publish } from './arrivals.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const wait = defineHistogram({
  ...{ name: 'wait_seconds', help: 'Wait', labels: { team: {} } },
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
});

/** How many cells a series of the histogram has: its buckets, the one above them, the sum and the start time. */
const cellsPerHistogram = 15;

describe('The memory of several processes, merged', () => {
  /** The bytes that an aggregator needs for each series of each of four sources. */
  async function measureAggregator(series: number, frame: Uint8Array): Promise<number> {
    // Why first: what is compiled and kept for the first time belongs to nobody.
    const first = new Arrivals();
    first.start(frame);
    first.sources.close();
    const before = memory();
    const arrivals = new Arrivals();
    for (let i = 0; i < 4; i++) arrivals.start(frame);
    const bytes = memory() - before;
    expect(arrivals.families.series).to.be.at.least(series);
    arrivals.sources.close();
    return bytes / (4 * series);
  }

  it('takes at most 100 bytes in the aggregator for each series of a counter and each process', async () => {
    const recorder = createRecorder(10_000, (one, team) => one.counter(jobs).inc({ team }));
    expect(await measureAggregator(10_000, await frameOf(recorder))).to.be.at.most(100);
  });

  it('takes at most 12 bytes in the aggregator for each cell of a histogram and each process', async () => {
    const recorder = createRecorder(5000, (one, team) => one.histogram(wait).observe({ team }, 0.3));
    expect((await measureAggregator(5000, await frameOf(recorder))) / cellsPerHistogram).to.be.at.most(12);
  });

  it('takes less than 16 kilobytes in the aggregator for a process with few series, so that there may be a thousand', async () => {
    const frame = await frameOf(createRecorder(20, (one, team) => one.counter(jobs).inc({ team })));
    const first = new Arrivals();
    first.start(frame);
    first.sources.close();
    const before = memory();
    const arrivals = new Arrivals();
    for (let i = 0; i < 1000; i++) arrivals.start(frame);
    expect((memory() - before) / 1000).to.be.below(16 * 1024);
    arrivals.sources.close();
  });

  it('takes 8 bytes in a process that publishes for each cell of it', async () => {
    const recorder = createRecorder(20_000, (one, team) => one.histogram(wait).observe({ team }, 0.3));
    await frameOf(recorder);
    const before = memory();
    const { publisher, frames } = publish(recorder);
    await publisher.publish();
    frames.length = 0;
    const bytes = memory() - before;
    publisher.discard();
    // Why more: the memory is taken in chunks, each of which has an object of its own, and V8 compiles in the meantime.
    expect(bytes / (cellStoreOf(recorder)?.cells.length as number)).to.be.below(9);
  });
});
