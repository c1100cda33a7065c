import { execFileSync, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { defineCounter, PrometheusRecorder, scrape } from '../../lib/index.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { exposition, openMetrics } from './filled.js';

describe('The text format 0.0.4, as promtool reads it', () => {
  it('passes promtool check metrics, except for remarks on two names', async function () {
    needs(this, 'promtool');
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await exposition('text/plain') });
    const remarks = `${stdout}${stderr}`.trim().split('\n');
    expect(remarks).to.deep.equal([
      'jobs_done counter metrics should have "_total" suffix',
      'xds_team_resources_total non-counter metrics should not have "_total" suffix',
    ]);
  });
});

describe('OpenMetrics 1.0.0, as the reference parser reads it', () => {
  it('passes the reference parser, process metrics included', async function () {
    needs(this, 'python3-prometheus-client');
    const recorder = new PrometheusRecorder({ processMetrics: true, created: true });
    recorder
      .counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } }))
      .inc({ team: 'a"b\\\n' }, 3);
    await until(async () => (await recorder.snapshot()).some(({ name }) => name === 'process_cpu_seconds_total'));
    const { body } = await scrape(recorder, { method: 'GET', accept: openMetrics });
    const program = `
import sys, json
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(json.dumps([[s.name, s.labels, s.value] for f in parse(sys.stdin.read()) for s in f.samples if s.name == 'jobs_total']))`;
    const parsed = execFileSync('/usr/bin/python3', ['-c', program], { input: await text(body), encoding: 'utf8' });
    expect(JSON.parse(parsed)).to.deep.equal([['jobs_total', { team: 'a"b\\\n' }, 3]]);
  });
});
