import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { doctor, Examined, requests, steps } from './examined.js';

describe('flowplane-metrics doctor', function () {
  this.timeout(60_000);
  let examined: Examined;

  beforeEach(() => {
    examined = new Examined();
  });

  afterEach(() => examined.stop());

  describe('with a healthy stack', () => {
    let prometheus: PrometheusServer;
    let metrics: string;

    beforeEach(async function () {
      needs(this, 'prometheus');
      metrics = await examined.endpoint();
      prometheus = await PrometheusServer.start(metrics);
      expect(await prometheus.until('requests_total', 1)).to.equal(1);
    });

    afterEach(() => prometheus?.stop());

    it('passes every step in order, and exits with 0', async () => {
      const moving = setInterval(() => examined.recorder.counter(requests).inc({ path: '/' }), 5);
      try {
        const options = ['--metrics', metrics, '--prometheus', prometheus.url];
        const { code, printed } = await doctor(
          ...options,
          '--grafana',
          await examined.grafana({ status: 'OK', message: '' }),
        );
        const lines = printed.trim().split('\n');
        expect(lines.map((line) => line.split(/ +/).slice(0, 2).join(' '))).to.deep.equal([
          'ok endpoint',
          'ok format',
          'ok families',
          'ok values',
          'ok losses',
          'ok cardinality',
          'ok prometheus',
          'ok target',
          'ok data',
          'ok grafana',
          'ok datasource',
          'ok clocks',
        ]);
        expect(printed).to.contain('1 of 1 series changed within 0.1 s');
        expect(code).to.equal(0);
      } finally {
        clearInterval(moving);
      }
    });

    it('reports that Prometheus does not scrape the job', async () => {
      const { target, data } = await steps('--metrics', metrics, '--prometheus', prometheus.url, '--job', 'other');
      expect(target).to.deep.include({ status: 'problem' });
      expect(target?.detail).to.contain('nothing in the job "other" (jobs: flowplane)');
      expect(data).to.deep.include({ status: 'skipped', detail: 'needs "target"' });
    });

    it('reports that the target is down, with the reason', async () => {
      await examined.stop();
      expect(await prometheus.until('up', 0)).to.equal(0);
      const { endpoint, target } = await steps('--metrics', metrics, '--prometheus', prometheus.url);
      expect(endpoint).to.deep.include({ status: 'problem' });
      expect(target?.detail).to.match(/cannot scrape http:.*connection refused/);
    });
  });

  describe('with a misconfigured Prometheus', () => {
    let prometheus: PrometheusServer | undefined;

    beforeEach(function () {
      needs(this, 'prometheus');
    });

    afterEach(async () => {
      await prometheus?.stop();
      prometheus = undefined;
    });

    async function scraping(metrics: string, more = ''): Promise<string> {
      prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        `scrape_configs: [{ job_name: flowplane, scrape_interval: 1s, static_configs: [{ targets: ['${new URL(metrics).host}'] }]${more} }]`,
      );
      await prometheus.until('count(up)', 1);
      return prometheus.url;
    }

    it('reports which family Prometheus drops', async () => {
      const metrics = await examined.endpoint();
      const drop = ', metric_relabel_configs: [{ source_labels: [__name__], regex: requests_total, action: drop }]';
      const { target, data } = await steps('--metrics', metrics, '--prometheus', await scraping(metrics, drop));
      expect(target?.status).to.equal('ok');
      expect(data).to.deep.include({ status: 'problem', detail: 'Prometheus has no data of requests_total' });
    });

    it('reports that Prometheus lacks credentials, and where to configure them', async () => {
      const metrics = await examined.endpoint('s3cret');
      const { target } = await steps('--metrics', metrics, '--prometheus', await scraping(metrics));
      expect(target).to.deep.include({
        status: 'problem',
        cause: 'credentials are missing or wrong',
        fix: 'Set them: authorization or basic_auth in the scrape_config.',
      });
    });

    it('reports that a scrape exceeds the sample limit', async () => {
      const metrics = await examined.endpoint();
      const { target } = await steps(
        '--metrics',
        metrics,
        '--prometheus',
        await scraping(metrics, ', sample_limit: 2'),
      );
      expect(target).to.deep.include({ cause: 'a scrape has more samples than the scrape_config allows' });
    });
  });
});
