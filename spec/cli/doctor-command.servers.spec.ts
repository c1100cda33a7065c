import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NamedResult } from '../../lib/cli/doctor/diagnosis.js';
import { catalogue, defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { until } from '../until.js';
import { VictoriaMetrics } from '../victoria-metrics.js';
import { doctor, Examined, requests, steps } from './examined.js';

/** One scrape_config of Prometheus, as YAML on one line. */
const scrapeConfigOf = (job: string, metrics: string, more: string): string =>
  `{ job_name: ${job}, scrape_interval: 1s, static_configs: [{ targets: ['${new URL(metrics).host}'] }]${more} }`;

const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', native: true });

describe('flowplane-metrics doctor', () => {
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
          // The service of this spec has no metrics of its process.
          ' remark:',
          'ok native',
          'ok values',
          'ok losses',
          'ok cardinality',
          'ok prometheus',
          'ok target',
          'ok data',
          'ok grafana',
          'ok datasource',
          'ok expressions',
          'ok clocks',
        ]);
        expect(printed).to.contain('1 of 1 series changed within 0.1 s');
        expect(code).to.equal(0);
      } finally {
        clearInterval(moving);
      }
    });

    it('checks the rules of Prometheus, and the dashboards and alerts of Grafana, as they are now', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
      const rules = [
        { record: 'path:requests:rate1m', expr: 'sum by (path) (rate(requests_total[1m]))' },
        { alert: 'NoRequests', expr: 'rate(request_total[1m]) == 0' },
        { alert: 'Right', expr: 'path:requests:rate1m{path="/"} > 100 or absent(up{job="flowplane"})' },
      ];
      writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'shop', rules }] }));
      const own = await PrometheusServer.startIn(
        folder,
        `{ rule_files: [rules.yml], scrape_configs: [${scrapeConfigOf('flowplane', metrics, '')}] }`,
      );
      const catalogueFile = join(folder, 'catalogue.json');
      writeFileSync(catalogueFile, JSON.stringify(catalogue([requests])));
      const ofPrometheus = { type: 'prometheus', uid: 'p' };
      examined.dashboards.push({
        title: 'Shop',
        panels: [
          {
            type: 'stat',
            title: 'Paths',
            datasource: ofPrometheus,
            targets: [{ expr: 'sum by (pth) (requests_total)' }],
          },
        ],
      });
      examined.libraryPanels.push({
        type: 'timeseries',
        title: 'Shared',
        datasource: ofPrometheus,
        targets: [{ expr: 'rate(requests_total{pth="/"}[5m])' }],
      });
      examined.alertRules.push({
        title: 'Many',
        data: [
          { refId: 'A', datasourceUid: 'p', model: { refId: 'A', expr: 'requests_total' } },
          { refId: 'B', datasourceUid: '__expr__', model: { refId: 'B', type: 'threshold', expression: 'A' } },
        ],
      });
      process.env['GRAFANA_TOKEN'] = 'glsa_token';
      try {
        expect(await own.until('requests_total', 1)).to.equal(1);
        const grafana = await examined.grafana({ status: 'OK', message: '' });
        const options = ['--metrics', metrics, '--prometheus', own.url, '--grafana', grafana];
        const { expressions } = await steps(...options, '--catalogue', catalogueFile);
        const detail = expressions?.detail ?? '';
        expect(detail).to.match(/^4 of 6 expressions: /);
        expect(detail).to.contain('panel "Shared" in the library panel "Library panel 0" of Grafana, at 1:21: ');
        expect(detail).to.contain('alert NoRequests in the group "shop" of Prometheus, at 1:6: unknown-name: ');
        expect(detail).to.contain('Did you mean requests_total?');
        expect(detail).to.contain('panel "Paths" in the dashboard "Dashboard 0" of Grafana, at 1:9: unknown-label: ');
        expect(detail).to.contain('alert Many in the alerts of Grafana, at 1:1: counter-compared: ');
        expect(new Set(examined.grafanaCredentials)).to.deep.equal(new Set(['Bearer glsa_token']));
      } finally {
        delete process.env['GRAFANA_TOKEN'];
        await own.stop();
      }
    });

    it('checks what the token of Grafana may read, and remarks what it may not', async () => {
      const grafana = await examined.grafana({ status: 'OK', message: '' });
      examined.grafanaRefuses.push('/api/v1/provisioning/alert-rules', '/api/dashboards/uid/d0');
      examined.dashboards.push({ title: 'Secret' }, { title: 'Shop', panels: [{ targets: [{ expr: 'up' }] }] });
      const { expressions } = await steps('--metrics', metrics, '--prometheus', prometheus.url, '--grafana', grafana);
      const { status, detail = '', remarks } = expressions as NonNullable<typeof expressions> & { remarks?: string[] };
      expect({ status, detail }).to.deep.equal({
        status: 'ok',
        detail: '1 expression of rules, alerts and dashboards',
      });
      expect(remarks).to.have.length(2);
      expect(remarks?.[0]).to.match(
        /^the expressions of the dashboard "Dashboard 0" of Grafana are not checked: .*403/,
      );
      expect(remarks?.[1]).to.match(/^the alerts of Grafana are not checked: .*403/);
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
        `scrape_configs: [${scrapeConfigOf('flowplane', metrics, more)}]`,
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

  describe('with native histograms', () => {
    let prometheus: PrometheusServer | undefined;

    beforeEach(function () {
      needs(this, 'prometheus-3');
      examined.recorder.histogram(wait).observe({}, 0.3);
    });

    afterEach(async () => {
      await prometheus?.stop();
      prometheus = undefined;
    });

    /** What the doctor says of a Prometheus with these settings that has scraped at least once. */
    async function checkData(more: string, ...flags: string[]): Promise<NamedResult | undefined> {
      const metrics = await examined.endpoint();
      prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        `scrape_configs: [${scrapeConfigOf('flowplane', metrics, more)}]`,
        'prometheus-3',
        flags,
      );
      expect(await prometheus.until('requests_total', 1)).to.equal(1);
      return (await steps('--metrics', metrics, '--prometheus', prometheus.url))['data'];
    }

    it('finds those that Prometheus stores, without their classic buckets', async () => {
      const data = await checkData('', '--enable-feature=native-histograms');
      expect(data).to.deep.include({ status: 'ok', detail: '2 families can be queried' });
      expect(data).to.not.have.property('remarks');
    });

    it('remarks how to store those whose classic buckets alone are stored', async () => {
      const data = await checkData('');
      expect(data).to.deep.include({
        status: 'ok',
        remarks: [
          'wait_seconds: stored without native buckets. To store them, set scrape_native_histograms: true in the scrape_config; before version 3.8, start Prometheus with --enable-feature=native-histograms.',
        ],
      });
    });

    it('reports those that Prometheus drops whole, because it asks for protobuf and does not store them', async () => {
      const data = await checkData(', scrape_protocols: [PrometheusProto, PrometheusText0.0.4]');
      expect(data).to.deep.include({
        status: 'problem',
        detail: 'Prometheus has no data of wait_seconds, whose native histograms it does not store',
      });
    });
  });

  describe('with targets whose labels are not those of the usual job', () => {
    const served = new Examined();
    let prometheus: PrometheusServer;
    /** The endpoint that the Prometheus Operator has configured, and the one whose labels Prometheus honors. */
    let operated: string;
    let honored: string;

    before(async function () {
      needs(this, 'prometheus');
      const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
      const labels = { job: {}, instance: {} };
      const pushed = defineCounter({ name: 'pushed_total', help: 'Pushed', labels, advice: false });
      recorder.counter(pushed).inc({ job: 'batch', instance: '' });
      operated = await served.endpoint();
      honored = await served.endpoint(undefined, recorder);
      // Why relabelled: the operator names the pool by the object, and the job by the service.
      const job = ', relabel_configs: [{ target_label: job, replacement: api }]';
      const operator = scrapeConfigOf('serviceMonitor/shop/orders/0', operated, job);
      prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        `scrape_configs: [${operator}, ${scrapeConfigOf('gateway', honored, ', honor_labels: true')}]`,
      );
      await prometheus.until('count(up)', 2);
    });

    after(async () => {
      await prometheus?.stop();
      await served.stop();
    });

    for (const [title, ...args] of [
      ['its label job', '--job', 'api'],
      ['the name of its ServiceMonitor', '--job', 'orders'],
      ['namespace and name of its ServiceMonitor', '--job', 'shop/orders'],
      ['the name of its pool', '--job', 'serviceMonitor/shop/orders/0'],
      ['the URL that it scrapes, without --job'],
    ] as const) {
      it(`finds the target of a ServiceMonitor by ${title}, and queries by its labels`, async () => {
        const { target, data } = await steps('--metrics', operated, '--prometheus', prometheus.url, ...args);
        expect(target).to.deep.include({ status: 'ok', detail: `${operated} up, no error in the last scrape` });
        expect(data).to.deep.include({ status: 'ok', detail: '1 family can be queried' });
      });
    }

    it('finds the data where honor_labels keeps the labels job and instance that are exposed', async () => {
      const { target, data } = await steps('--metrics', honored, '--prometheus', prometheus.url, '--job', 'gateway');
      expect(target).to.deep.include({ status: 'ok' });
      expect(data).to.deep.include({ status: 'ok', detail: '1 family can be queried' });
    });
  });

  describe('with VictoriaMetrics instead of Prometheus', () => {
    let victoria: VictoriaMetrics | undefined;

    beforeEach(function () {
      needs(this, 'victoria-metrics');
    });

    afterEach(async () => {
      await victoria?.stop();
      victoria = undefined;
    });

    it('knows what it speaks to, and finds target and data', async () => {
      const metrics = await examined.endpoint();
      const targets = `static_configs: [{ targets: ['${new URL(metrics).host}'] }]`;
      victoria = await VictoriaMetrics.start(
        `scrape_configs: [{ job_name: flowplane, scrape_interval: 1s, ${targets} }]`,
      );
      const { url } = victoria;
      let found = await steps('--metrics', metrics, '--prometheus', url);
      await until(async () => {
        found = await steps('--metrics', metrics, '--prometheus', url);
        return found['data']?.status === 'ok';
      });
      expect(found['prometheus']).to.deep.include({ status: 'ok', detail: "VictoriaMetrics, by Prometheus' API" });
      expect(found['target']?.detail).to.equal(`${metrics} up, no error in the last scrape`);
    });

    it('does not expect targets of a VictoriaMetrics that another process fills', async () => {
      const metrics = await examined.endpoint();
      victoria = await VictoriaMetrics.start('scrape_configs: []');
      const text = await (await fetch(metrics)).text();
      const imported = '/api/v1/import/prometheus?extra_label=job=flowplane';
      await fetch(`${victoria.url}${imported}`, { method: 'POST', body: text });
      const { url } = victoria;
      let found = await steps('--metrics', metrics, '--prometheus', url);
      await until(async () => {
        found = await steps('--metrics', metrics, '--prometheus', url);
        return found['data']?.status === 'ok';
      });
      expect(found['target']).to.include({ status: 'ok' }).and.to.have.property('remarks');
      expect((await steps('--metrics', metrics, '--prometheus', url, '--job', 'gone'))['data']).to.include({
        status: 'problem',
      });
    });
  });
});
