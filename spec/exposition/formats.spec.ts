import { execFileSync, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder, scrape } from '../../lib/index.js';
import { needs } from '../needs.js';

const openMetrics = 'application/openmetrics-text';

function filled(): PrometheusRecorder {
  const recorder = new PrometheusRecorder();
  const hostile = 'back\\slash "quoted"\nnew line, ünïcode 😀';
  recorder
    .counter(defineCounter({ name: 'jobs_total', help: 'Jobs "done"\nand \\ gone', labels: { team: {} } }))
    .inc({ team: hostile }, 2);
  recorder.counter(defineCounter({ name: 'jobs_done', help: 'Without the suffix' })).inc();
  recorder.gauge(defineGauge({ name: 'xds_team_resources_total', help: 'Resources' })).set({}, 1.5);
  recorder.gauge(defineGauge({ name: 'memory_bytes', help: 'Memory', unit: 'bytes' })).set({}, Number.NaN);
  recorder
    .histogram(
      defineHistogram({ name: 'duration_seconds', help: 'Duration', unit: 'seconds', buckets: [0.005, 1, 1e6] }),
    )
    .observe({}, 0.5);
  return recorder;
}

async function exposition(accept: string): Promise<string> {
  const { body } = await scrape(filled(), { method: 'GET', accept });
  return (await text(body)).replace(/(?:# \w+ |)flowplane_metrics_.*\n/g, '');
}

describe('The text format 0.0.4', () => {
  it('is what client_golang writes', async () => {
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

  it('passes promtool check metrics, but for its remark on the gauge that ends in _total', async function () {
    needs(this, 'promtool');
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await exposition('text/plain') });
    const remarks = `${stdout}${stderr}`.trim().split('\n');
    expect(remarks).to.deep.equal([
      'jobs_done counter metrics should have "_total" suffix',
      'xds_team_resources_total non-counter metrics should not have "_total" suffix',
    ]);
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

  it('is the end alone for a recorder that has nothing to tell, and nothing at all in the text format', async () => {
    const shown = async (accept: string) =>
      text((await scrape(new PrometheusRecorder(), { method: 'GET', accept })).body);
    expect(await shown(openMetrics)).to.equal('# EOF\n');
    expect(await shown('text/plain')).to.equal('');
  });

  it('tells when counters and histograms were born, where that is asked for, and the text format does not', async () => {
    const recorder = new PrometheusRecorder({ created: true });
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

  it('passes the reference parser, process metrics included', async function () {
    needs(this, 'python3-prometheus-client');
    const recorder = new PrometheusRecorder({ processMetrics: true, created: true });
    recorder
      .counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } }))
      .inc({ team: 'a"b\\\n' }, 3);
    const { body } = await scrape(recorder, { method: 'GET', accept: openMetrics });
    const program = `
import sys, json
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(json.dumps([[s.name, s.labels, s.value] for f in parse(sys.stdin.read()) for s in f.samples if s.name == 'jobs_total']))`;
    const parsed = execFileSync('/usr/bin/python3', ['-c', program], { input: await text(body), encoding: 'utf8' });
    expect(JSON.parse(parsed)).to.deep.equal([['jobs_total', { team: 'a"b\\\n' }, 3]]);
  });
});
