import { expect } from 'chai';
import { defineCounter, defineHistogram, type Family, PrometheusRecorder } from '../../lib/index.js';
import type { NativeHistogramSnapshot } from '../../lib/store/snapshot.js';
import { CopyInThread, readText } from './copy-in-thread.js';

/** The numbers of samples that begin with this. */
const numbersOf = (body: string, name: string): number[] =>
  readText(body)
    .split('\n')
    .filter((line) => line.startsWith(name))
    .map((line) => Number(line.split(' ').at(-1)));

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 2, 3, 4, 5, 6, 7, 8] });

describe('A thread that reads while the main thread counts', () => {
  let recorder: PrometheusRecorder;
  let copy: CopyInThread;

  beforeEach(() => {
    recorder = new PrometheusRecorder();
    copy = new CopyInThread(recorder);
  });

  afterEach(() => copy.close());

  /** Repeats something until the thread has scraped often meanwhile. */
  const repeat = (run: (round: number) => void): void => {
    const end = performance.now() + 150;
    for (let round = 0; performance.now() < end || copy.scrapes < 20; round++) run(round);
  };

  it('finds every one of 10,000,000 increments or more, and never fewer than before', async () => {
    let counted = 0;
    // Why without a handle: to look the series up takes longer than to count.
    const opened = recorder.open(jobs as Family);
    const series = opened.getOrCreate(['a'], true) as number;
    const bodies = await copy.scrapeWhile(() => {
      for (; counted < 10_000_000 || copy.scrapes < 20; counted++) opened.add(series, 1);
    });
    const read = bodies.flatMap((body) => numbersOf(body, 'jobs_total'));
    expect(read.at(-1)).to.equal(counted);
    expect(read).to.deep.equal([...read].sort((a, b) => a - b));
    expect(new Set(read).size).to.be.above(3);
  });

  it('finds histograms of one instant: buckets, count and sum agree', async () => {
    const histogram = recorder.histogram(wait);
    histogram.observe({}, 0);
    const bodies = await copy.scrapeWhile(() => {
      // Why 4: the sum is four times the count wherever both are of one instant.
      repeat(() => {
        for (let i = 0; i < 1000; i++) histogram.observe({}, 4);
      });
    });
    for (const body of bodies) {
      const [count = 0] = numbersOf(body, 'wait_seconds_count');
      expect(numbersOf(body, 'wait_seconds_sum')).to.deep.equal([(count - 1) * 4]);
      expect(numbersOf(body, 'wait_seconds_bucket')).to.deep.equal([1, 1, 1, count, count, count, count, count, count]);
    }
    expect(new Set(bodies).size).to.be.above(3);
  });

  it('finds native histograms of one instant, whatever becomes of their buckets', async () => {
    const pauses = defineHistogram({ name: 'pause_seconds', help: 'Pause', buckets: [], native: { maxBuckets: 20 } });
    const histogram = recorder.histogram(pauses);
    const read = await copy.readNativeWhile(() => {
      // Why greater and greater: there come more and more buckets, which are made coarser then.
      repeat((i) => histogram.observe({}, 1.001 ** (i % 10_000)));
    });
    const counts: number[] = [];
    for (const [one] of read.map((json) => JSON.parse(json) as NativeHistogramSnapshot[])) {
      if (one === undefined) continue;
      const buckets = one.positive.counts.reduce((sum, count) => sum + count, 0);
      expect([one.zeroCount, buckets]).to.deep.equal([0, one.count]);
      counts.push(one.count);
    }
    expect(new Set(counts).size).to.be.above(3);
  });

  it('sees what comes, goes and counts while the main thread is blocked', async () => {
    const counter = recorder.counter(jobs);
    counter.inc({ team: 'first' });
    await copy.scrape();
    const bodies = await copy.scrapeWhile(() => {
      repeat((i) => {
        counter.inc({ team: `${i % 50}` });
        if (i % 50 === 49) recorder.clear(jobs);
      });
    });
    const distinct = new Set(bodies.flatMap((body) => numbersOf(body, 'jobs_total{team="0"}')));
    expect(bodies.length).to.be.above(3);
    // Why: each series is removed after it was counted once, and its cell is used again by another one. It is 0 at first.
    expect([...distinct].filter((number) => number > 1)).to.deep.equal([]);
  });
});
