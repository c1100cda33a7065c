import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { defineCounter, defineHistogram, PrometheusRecorder, type Scrapable, scrape } from '../../lib/index.js';
import { MetricsAggregator } from '../../lib/processes/index.js';
import type { Exemplar } from '../../lib/store/exposed-family.js';
import { Connected } from './connected.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 10], native: true });

/** The lines of an answer in OpenMetrics that have an exemplar, without its time. */
async function linesWithExemplar(scrapable: Scrapable): Promise<string[]> {
  const { body } = await scrape(scrapable, { method: 'GET', accept: 'application/openmetrics-text; version=1.0.0' });
  return (await text(body))
    .split('\n')
    .filter((line) => line.includes(' # {'))
    .map((line) => line.replace(/ [\d.]+$/, ''));
}

/** The exemplars of native buckets, of a family with one series. */
async function nativeExemplars(scrapable: Scrapable): Promise<Exemplar[]> {
  const family = (await scrapable.exposedFamilies()).find(({ name }) => name === 'wait_seconds');
  const found: Exemplar[] = [];
  const ignore = (): void => undefined;
  for (const _ of family?.write({
    ...{ label: ignore, value: ignore, summary: ignore, sample: ignore },
    histogram: (_depth, { native }) => found.push(...(native?.exemplars ?? [])),
  }) ?? []);
  return found;
}

const trace = (digit: string) => ({ trace_id: digit.repeat(32), span_id: digit.repeat(16) });

/** Waits until the clock shows another millisecond: exemplars of one millisecond have no order. */
async function nextMillisecond(): Promise<void> {
  for (const begun = Date.now(); Date.now() <= begun; ) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('Exemplars of several processes', () => {
  let connected: Connected;

  beforeEach(() => {
    connected = new Connected();
  });

  afterEach(() => connected.close());

  const start = (): PrometheusRecorder => {
    const recorder = new PrometheusRecorder();
    connected.connect(recorder);
    return recorder;
  };

  const count = async (recorder: PrometheusRecorder, exemplar: Record<string, string>, by = 1): Promise<void> => {
    await nextMillisecond();
    recorder.counter(jobs).inc({ team: 'a' }, by, { exemplar });
  };

  it('show what was observed last, for a counter and for each bucket, with ids or with labels of their own', async () => {
    const [first, second] = [start(), start()];
    await count(second, trace('b'), 3);
    await count(first, { order: '17' });
    first.histogram(wait).observe({}, 0.5, { exemplar: trace('a') });
    second.histogram(wait).observe({}, 5, { exemplar: { order: '18' } });
    await nextMillisecond();
    second.histogram(wait).observe({}, 0.7, { exemplar: trace('b') });
    await connected.publish();
    const { trace_id: traceId, span_id: spanId } = trace('b');
    expect(await linesWithExemplar(connected)).to.have.members([
      'jobs_total{team="a"} 4 # {order="17"} 1',
      `wait_seconds_bucket{le="1.0"} 2 # {trace_id="${traceId}",span_id="${spanId}"} 0.7`,
      'wait_seconds_bucket{le="10.0"} 3 # {order="18"} 5',
    ]);
    expect((await nativeExemplars(connected)).map(({ value }) => value)).to.deep.equal([0.5, 5, 0.7]);
  });

  it('give way to newer ones after each publication, and travel only once', async () => {
    const recorder = start();
    for (const order of ['1', '2', '3']) {
      await count(recorder, { order });
      await connected.publish();
      expect(await linesWithExemplar(connected)).to.deep.equal([
        `jobs_total{team="a"} ${order} # {order="${order}"} 1`,
      ]);
    }
    await nextMillisecond();
    for (let i = 0; i < 3; i++) await connected.publish();
    recorder.counter(jobs).inc({ team: 'a' }, 1, { exemplar: {} });
    await connected.publish();
    expect(connected.frames.at(-1)).to.be.below(40);
  });

  it('never become older: that of a process that has ended stays until there is a newer one', async () => {
    const [first, second] = [start(), start()];
    await count(first, { order: '1' });
    await count(second, { order: '2' });
    second.histogram(wait).observe({}, 5, { exemplar: { order: '2' } });
    await connected.publish();
    connected.kill(second);
    expect(await linesWithExemplar(connected)).to.deep.equal([
      'jobs_total{team="a"} 2 # {order="2"} 1',
      'wait_seconds_bucket{le="10.0"} 1 # {order="2"} 5',
    ]);
    expect(await nativeExemplars(connected)).to.have.length(1);
    await count(first, { order: '3' });
    await connected.publish();
    expect((await linesWithExemplar(connected))[0]).to.equal('jobs_total{team="a"} 3 # {order="3"} 1');
  });

  it('belong to a series, and not to the one that gets its place', async () => {
    const recorder = start();
    await count(recorder, { order: '1' });
    await connected.publish();
    recorder.remove(jobs, { team: 'a' });
    recorder.counter(jobs).inc({ team: 'b' });
    await connected.publish();
    expect(await linesWithExemplar(connected)).to.deep.equal([]);
  });

  it('come from the own process of an aggregator, and through a scrapable that is no store of ours', async () => {
    const recorder = new PrometheusRecorder();
    const aggregator = new MetricsAggregator({ recorder, processMetrics: false });
    connected.connect({ exposedFamilies: (limits) => recorder.exposedFamilies(limits) });
    for (const order of ['1', '2']) {
      await count(recorder, { order });
      expect((await linesWithExemplar(aggregator))[0]).to.equal(`jobs_total{team="a"} ${order} # {order="${order}"} 1`);
    }
    for (let i = 0; i < 3; i++) {
      await connected.publish();
      await new Promise((resolve) => setTimeout(resolve, 12));
    }
    expect((await linesWithExemplar(connected))[0]).to.equal('jobs_total{team="a"} 2 # {order="2"} 1');
    await aggregator.close();
  });
});

describe('The start times of several processes', () => {
  it('become the earliest of a series, which stays where that process ends', async () => {
    const connected = new Connected();
    const created = async (scrapable: Scrapable): Promise<string[]> => {
      const { body } = await scrape(scrapable, {
        method: 'GET',
        accept: 'application/openmetrics-text; version=1.0.0',
      });
      return (await text(body)).split('\n').filter((line) => /^(jobs|wait_seconds)_created/.test(line));
    };
    const recorders: PrometheusRecorder[] = [];
    for (let i = 0; i < 2; i++) {
      const recorder = new PrometheusRecorder({ created: true });
      recorder.counter(jobs).inc({ team: 'a' });
      recorder.histogram(wait).observe({}, 1);
      recorders.push(recorder);
      await nextMillisecond();
    }
    const [first, second] = recorders as [PrometheusRecorder, PrometheusRecorder];
    const expected = await created(first);
    expect(expected)
      .to.have.length(2)
      .and.not.deep.equal(await created(second));
    connected.connect(second, first);
    await connected.publish();
    expect(await created(connected)).to.deep.equal(expected);
    connected.kill(first);
    expect(await created(connected)).to.deep.equal(expected);
    await connected.close();
  });
});
