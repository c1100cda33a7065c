import { expect } from 'chai';
import { Registry, Summary } from 'prom-client';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { sortBuckets } from '../../lib/page/distribution.js';
import { readFamilies } from '../../lib/page/reading.js';
import { readAll, readOne } from './read.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, team: {} } });
const depth = defineGauge({ name: 'depth', help: 'Depth' });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2, 4] });
const size = defineHistogram({ name: 'size_bytes', help: 'Sizes', buckets: false, native: true });
const dotted = defineGauge({ name: 'queue.depth', help: 'Depth' });

describe('The page reads a scrape', () => {
  it('counters and gauges have their labels, values and exemplars', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ queue: 'ä "\\', team: 'a' }, 2.5, { exemplar: { trace_id: 't1' } });
    recorder.gauge(depth).set({}, -3);
    const families = await readAll(recorder);
    const [series] = [...(families.get('jobs_total')?.values() ?? [])];
    expect([...(series?.labels ?? [])]).to.deep.equal([
      ['queue', 'ä "\\'],
      ['team', 'a'],
    ]);
    expect(series?.value).to.equal(2.5);
    expect([...(series?.exemplars[0]?.labels ?? [])]).to.deep.equal([['trace_id', 't1']]);
    expect(series?.exemplars[0]?.timestamp).to.be.closeTo(Date.now() / 1000, 60);
    expect([...(families.get('depth')?.values() ?? [])].map(({ value }) => value)).to.deep.equal([-3]);
  });

  it('the buckets of a classic histogram are not cumulative, and the last one has what is above every bound', async () => {
    const recorder = new PrometheusRecorder();
    for (const value of [0.5, 1, 3, 9]) recorder.histogram(wait).observe({}, value);
    const [series] = [...(await readOne(recorder, 'wait_seconds')).values()];
    expect(series?.distribution).to.include({ count: 4, sum: 13.5, schema: undefined });
    expect(series?.distribution && sortBuckets(series.distribution)).to.deep.equal([
      { lower: 0, upper: 1, count: 2 },
      { lower: 1, upper: 2, count: 0 },
      { lower: 2, upper: 4, count: 1 },
      { lower: 4, upper: Infinity, count: 1 },
    ]);
  });

  it('the buckets of a native histogram surround what was observed, on both sides of zero', async () => {
    const recorder = new PrometheusRecorder();
    for (const value of [-5, 0, 3, 1000, 1000]) recorder.histogram(size).observe({}, value);
    const [series] = [...(await readOne(recorder, 'size_bytes')).values()];
    const counted = (series?.distribution ? sortBuckets(series.distribution) : []).filter(({ count }) => count > 0);
    expect(counted.map(({ count }) => count)).to.deep.equal([1, 1, 1, 2]);
    for (const [i, value] of [-5, 0, 3, 1000].entries()) {
      expect(value).to.be.within(counted[i]?.lower ?? Number.NaN, counted[i]?.upper ?? Number.NaN);
    }
  });

  it('a summary of prom-client has its quantiles, count and sum', async () => {
    const registry = new Registry();
    const summary = new Summary({ name: 'took', help: 'Took', percentiles: [0.5, 0.9], registers: [registry] });
    for (let i = 1; i <= 10; i++) summary.observe(i);
    const [series] = [...(await readOne(new PrometheusRecorder({ registry }), 'took')).values()];
    expect(series?.quantiles?.map(([rank]) => rank)).to.deep.equal([0.5, 0.9]);
    expect(series?.distribution).to.include({ count: 10, sum: 55 });
  });

  it('a name that only UTF-8 allows stays as it is', async () => {
    const recorder = new PrometheusRecorder({ nameValidation: 'utf8' });
    recorder.gauge(dotted).set({}, 1);
    expect([...(await readAll(recorder)).keys()]).to.include('queue.depth');
  });

  it('a family in several messages is one family', async () => {
    const recorder = new PrometheusRecorder();
    for (let i = 0; i < 5000; i++) recorder.counter(jobs).inc({ queue: `a long name of a queue ${i}`, team: 'a' });
    expect((await readOne(recorder, 'jobs_total')).size).to.equal(5000);
  });

  it('a scrape that ends early is refused', () => {
    expect(() => readFamilies(Uint8Array.of(10, 1))).to.throw('ends early');
  });
});
