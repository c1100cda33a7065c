import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder, scrape } from '../../lib/index.js';
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
