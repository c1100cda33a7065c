import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { Registry, Summary } from 'prom-client';
import {
  type Advice,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
  scrape,
} from '../../lib/index.js';
import { exposition, openMetrics } from './filled.js';

describe('The text format 0.0.4', () => {
  it('matches the output of client_golang', async () => {
    expect(await exposition('text/plain')).to.equal(
      [
        '# HELP jobs_total Jobs "done"\\nand \\\\ gone',
        '# TYPE jobs_total counter',
        'jobs_total{team="back\\\\slash \\"quoted\\"\\nnew line, ünïcode 😀"} 2',
        '# HELP jobs_done Without the suffix',
        '# TYPE jobs_done counter',
        'jobs_done 1',
        '# HELP xds_team_resources_total Resources',
        '# TYPE xds_team_resources_total gauge',
        'xds_team_resources_total 1.5',
        '# HELP memory_bytes Memory',
        '# TYPE memory_bytes gauge',
        'memory_bytes NaN',
        '# HELP duration_seconds Duration',
        '# TYPE duration_seconds histogram',
        'duration_seconds_bucket{le="0.005"} 0',
        'duration_seconds_bucket{le="1"} 1',
        'duration_seconds_bucket{le="1e+06"} 1',
        'duration_seconds_bucket{le="+Inf"} 1',
        'duration_seconds_sum 0.5',
        'duration_seconds_count 1',
        '',
      ].join('\n'),
    );
  });
});

describe('OpenMetrics 1.0.0', () => {
  it('names samples as the text format does, and families by its own rules', async () => {
    expect(await exposition(openMetrics)).to.equal(
      [
        '# TYPE jobs counter',
        '# HELP jobs Jobs \\"done\\"\\nand \\\\ gone',
        'jobs_total{team="back\\\\slash \\"quoted\\"\\nnew line, ünïcode 😀"} 2',
        '# TYPE jobs_done unknown',
        '# HELP jobs_done Without the suffix',
        'jobs_done 1',
        '# TYPE xds_team_resources_total gauge',
        '# HELP xds_team_resources_total Resources',
        'xds_team_resources_total 1.5',
        '# TYPE memory_bytes gauge',
        '# UNIT memory_bytes bytes',
        '# HELP memory_bytes Memory',
        'memory_bytes NaN',
        '# TYPE duration_seconds histogram',
        '# UNIT duration_seconds seconds',
        '# HELP duration_seconds Duration',
        'duration_seconds_bucket{le="0.005"} 0',
        'duration_seconds_bucket{le="1.0"} 1',
        'duration_seconds_bucket{le="1e+06"} 1',
        'duration_seconds_bucket{le="+Inf"} 1',
        'duration_seconds_sum 0.5',
        'duration_seconds_count 1',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  it('consists of the end marker for an empty recorder, while the text format is empty', async () => {
    const shown = async (accept: string) =>
      text((await scrape(new PrometheusRecorder(), { method: 'GET', accept })).body);
    expect(await shown(openMetrics)).to.equal('# EOF\n');
    expect(await shown('text/plain')).to.equal('');
  });

  it('includes creation times of counters and histograms with the option "created", unlike the text format', async () => {
    const recorder = new PrometheusRecorder({ created: true, onAdvice: () => undefined });
    const before = Date.now() / 1000;
    recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } })).inc({ team: 'x' });
    recorder.counter(defineCounter({ name: 'done', help: 'Done' })).inc();
    recorder.histogram(defineHistogram({ name: 'size', help: 'Size', buckets: [1] })).observe({}, 1);
    recorder.gauge(defineGauge({ name: 'depth', help: 'Depth' })).set({}, 1);
    const shown = async (accept: string) => text((await scrape(recorder, { method: 'GET', accept })).body);
    const created = [...(await shown(openMetrics)).matchAll(/^(\w+_created\S*) (\S+)$/gm)];
    expect(created.map(([, name]) => name)).to.deep.equal(['jobs_created{team="x"}', 'size_created']);
    for (const [, , value] of created) expect(Number(value)).to.be.within(before, Date.now() / 1000);
    expect(await shown('text/plain')).to.not.contain('_created');
    const clash = defineGauge({ name: 'jobs_created', help: 'Clashes' });
    expect(() => recorder.open(clash)).to.throw('already exists');
  });
});

describe('The number -0', () => {
  it('appears as -0 in every format, and in snapshot()', async () => {
    const recorder = new PrometheusRecorder();
    recorder.gauge(defineGauge({ name: 'offset', help: 'Offset' })).set({}, -0);
    recorder.gauge(defineGauge({ name: 'level', help: 'Level', labels: { of: {} } })).set({ of: 'sea' }, -0);
    recorder.gauge(defineGauge({ name: 'height', help: 'Height' })).set({}, 0);
    for (const accept of ['text/plain', openMetrics]) {
      const shown = await text((await scrape(recorder, { method: 'GET', accept })).body);
      expect(shown).to.contain('\noffset -0\n').and.contain('\nlevel{of="sea"} -0\n').and.contain('\nheight 0\n');
    }
    const values = (await recorder.snapshot()).slice(0, 3).map(({ samples }) => samples[0]?.value);
    expect(values.map((value) => Object.is(value, -0))).to.deep.equal([true, true, false]);
  });
});

describe('The sum and the count of a histogram', () => {
  const shownBy = async (recorder: PrometheusRecorder, accept: string): Promise<string[]> => {
    const shown = await text((await scrape(recorder, { method: 'GET', accept })).body);
    return [...shown.matchAll(/^change_(sum|count)(\S*) /gm)].map(([, what, labels]) => `${what}${labels}`);
  };

  it('stay or are missing by the bounds of the family alone: in OpenMetrics none has them beside a bound below 0', async () => {
    const bounds = fc.uniqueArray(fc.constantFrom(-10, -1, 0, 1, 10), { minLength: 1 });
    const numbers = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: -20, max: 20 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(bounds, numbers, async (unsorted, observed) => {
        const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
        const buckets = unsorted.toSorted((x, y) => x - y);
        const change = defineHistogram({ name: 'change', help: 'Change', labels: { of: {} }, buckets });
        const seen = new Set<string>();
        recorder.open(change);
        for (const [of, number] of [['a', 0] as const, ...observed]) {
          recorder.histogram(change).observe({ of }, number);
          seen.add(of);
          const both = [...seen].flatMap((one) => [`sum{of="${one}"}`, `count{of="${one}"}`]);
          expect(await shownBy(recorder, 'text/plain')).to.deep.equal(both);
          expect(await shownBy(recorder, openMetrics)).to.deep.equal((buckets[0] as number) < 0 ? [] : both);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('cause advice once where the sum is negative and no bound is, for a summary of prom-client too', async () => {
    const advice: Advice[] = [];
    const registry = new Registry();
    const recorder = new PrometheusRecorder({ registry, onAdvice: (one) => advice.push(one) });
    const histogram = (name: string, bound: number) =>
      recorder.histogram(defineHistogram({ name, help: `The ${name}`, labels: { of: {} }, buckets: [bound] }));
    const summary = new Summary({ name: 'theirs', help: 'Theirs', registers: [registry] });
    for (const of of ['a', 'b', 'c']) {
      histogram('balance', 1).observe({ of }, -5);
      histogram('difference', -1).observe({ of }, -5);
      histogram('duration', 1).observe({ of }, 5);
      summary.observe(-5);
      await recorder.snapshot();
    }
    expect(advice.map(({ code }) => code)).to.deep.equal(['negative_sum', 'negative_sum']);
    expect(advice[0]?.message).to.equal(
      'defineHistogram "balance": family "balance" has a negative sum (given -5). Prometheus takes it; in OpenMetrics another consumer may refuse the whole scrape. Give the histogram a bound below 0, or record what can be negative in a gauge.',
    );
    expect(advice[1]?.message).to.match(/^the metric "theirs": family "theirs" has a negative sum \(given -5\)/);
    const { body } = await scrape(recorder, { method: 'GET', accept: openMetrics });
    expect(await text(body)).to.contain('\ntheirs_sum -15\ntheirs_count 3\n');
  });
});
