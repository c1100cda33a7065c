import { expect } from 'chai';
import { defineCounter, defineHistogram, type Family, PrometheusRecorder } from '../../lib/index.js';
import { CopyInThread, readText } from './copy-in-thread.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs' });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 2, 3] });

/** The number of the sample with this name. */
const numberOf = (body: string, name: string): number =>
  Number(new RegExp(`^${name} (.*)$`, 'm').exec(readText(body))?.[1]);

describe('A thread that reads for long', function () {
  this.timeout(120_000);
  let recorder: PrometheusRecorder;
  let copy: CopyInThread;

  beforeEach(() => {
    recorder = new PrometheusRecorder();
    copy = new CopyInThread(recorder);
  });

  afterEach(() => copy.close());

  it('finds every one of 100,000,000 increments or more', async () => {
    const opened = recorder.open(jobs as Family);
    const series = opened.getOrCreate([], true) as number;
    let counted = 0;
    const bodies = await copy.scrapeWhile(() => {
      for (; counted < 100_000_000 || copy.scrapes < 20; counted++) opened.add(series, 1);
    });
    expect(numberOf(bodies.at(-1) as string, 'jobs_total')).to.equal(counted);
    expect(bodies.length).to.be.above(10);
  });

  it('answers while the main thread is blocked for 5 seconds, with numbers of that moment', async () => {
    const counter = recorder.counter(jobs);
    const histogram = recorder.histogram(wait);
    const numbers = await copy.scrapeWhile(() => {
      for (const end = performance.now() + 5000; performance.now() < end; ) {
        counter.inc();
        histogram.observe({}, 2);
      }
    });
    const read = numbers.map((body) => numberOf(body, 'jobs_total'));
    const middle = read.filter((number) => number > 0 && number < (read.at(-1) as number));
    expect(new Set(middle).size).to.be.above(50);
    for (const body of numbers.filter((one) => one.includes('wait_seconds_count'))) {
      expect(numberOf(body, 'wait_seconds_sum')).to.equal(numberOf(body, 'wait_seconds_count') * 2);
    }
    const blocked = numbers.map((body) => numberOf(body, 'flowplane_metrics_event_loop_blocked_seconds'));
    // Why no spread list: there may be more scrapes than a call may have arguments.
    expect(blocked.reduce((most, one) => Math.max(most, one), 0)).to.be.within(4, 30);
  });
});
