import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApiClient } from '../control-plane/api/api-client.js';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.js';
import { readUntil } from '../control-plane/testing/read-until.js';
import { testConfig } from '../control-plane/testing/test-config.js';
import { monitoringFolder, sampleFolder } from '../monitoring/paths.js';
import { fillVariables, readPanel } from '../monitoring/read-dashboard.js';
import { parseSamples } from './exposition-text.js';
import { panelsAboutTargets } from './expressions.js';
import { needs } from './needs.js';
import { PrometheusServer } from './prometheus-server.js';
import { ReceiverDouble, VictoriaMetrics } from './stores.js';

const guide = readFileSync(join(sampleFolder, 'README.md'), 'utf8');
const remoteWriteFile = readFileSync(join(monitoringFolder, 'scale-out/remote-write.yml'), 'utf8');

/** The section `remote_write` of the file, and the sections for all stores in the README together. */
const sectionInFile = remoteWriteFile.slice(remoteWriteFile.indexOf('remote_write:'));
const sectionsInGuide = [...guide.matchAll(/```yaml\n[^`]*?remote_write:\n([^`]*)```/g)].reduce(
  (sections, [, section = '']) => sections + section,
  'remote_write:\n',
);

describe('Three instances of the control plane', function () {
  this.timeout(120_000);
  let planes: ControlPlane[];
  let prometheus: PrometheusServer;

  /** Starts a Prometheus with a file of the sample. It scrapes faster, and the addresses are those of this spec. */
  function start(file: string, targets: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'scale-out-'));
    cpSync(join(monitoringFolder, 'rules'), join(folder, 'rules'), { recursive: true });
    for (const name of ['targets.yml', 'federation-targets.yml']) {
      writeFileSync(join(folder, name), `- targets: ${JSON.stringify(targets)}\n`);
    }
    const replaced = { 'interval: 10s': 'interval: 1s', 'timeout: 5s': 'timeout: 1s', ...more };
    const config = Object.entries(replaced).reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      readFileSync(join(monitoringFolder, file), 'utf8'),
    );
    return PrometheusServer.startIn(folder, config);
  }

  const instances = () => planes.map(({ metricsUrl }) => new URL(metricsUrl).host);
  const clusters = 'xds_team_resources_total{team="payments",resource_type="cluster"}';

  before(async function () {
    needs(this, 'prometheus');
    planes = await Promise.all([1, 2, 3].map(() => startControlPlane(testConfig)));
    for (const [index, { apiUrl }] of planes.entries()) {
      const payments = new ApiClient(apiUrl, 'demo-payments');
      for (let count = 0; count <= index; count += 1) await payments.create('payments', 'clusters', `c${count}`);
    }
    prometheus = await start('prometheus.yml', instances());
    expect(await prometheus.valueUntil(`sum(${clusters})`, 6)).to.equal(6);
  });

  after(async () => {
    await prometheus?.stop();
    await Promise.all((planes ?? []).map((plane) => plane.close()));
  });

  it('have different values of the label instance', async () => {
    const values = await prometheus.query(clusters);
    const byInstance = Object.fromEntries(values.map(({ metric, value }) => [metric['instance'], value[1]]));
    const [one, two, three] = instances() as [string, string, string];
    expect(byInstance).to.deep.equal({ [one]: '1', [two]: '2', [three]: '3' });
  });

  it('become one series with sum without (instance)', async () => {
    const [sum, ...others] = await prometheus.query(`sum without (instance) (${clusters})`);
    expect(others).to.deep.equal([]);
    expect(sum?.metric).to.deep.equal({ job: 'flowplane', team: 'payments', resource_type: 'cluster' });
    expect(sum?.value[1]).to.equal('6');
  });

  it('have their values added up by the recording rules', async () => {
    expect(await prometheus.valueUntil('team:xds_resources:sum{team="payments"}', 6)).to.equal(6);
  });

  it('all appear on the panels about targets', async () => {
    for (const title of panelsAboutTargets) {
      const answer = await prometheus.query(fillVariables(readPanel(title).targets[0]?.expr ?? ''));
      expect(answer.map(({ metric }) => metric['instance'])).to.have.members(instances());
      for (const { value } of answer) expect(Number(value[1]), title).to.be.above(0);
    }
    const { metricsUrl } = planes[0] as ControlPlane;
    const counted = `scrape_samples_scraped{instance="${new URL(metricsUrl).host}"}`;
    // Why repeated: the runtime adds a series from time to time, for example for another kind of garbage collection.
    const agree = async () => {
      const text = await (await fetch(metricsUrl)).text();
      return parseSamples(text).length === (await prometheus.value(counted));
    };
    expect(await readUntil(agree, true)).to.equal(true);
  });

  it('reach a second Prometheus by federation, as the recorded sums', async () => {
    const global = await start('scale-out/federation.yml', [new URL(prometheus.url).host]);
    try {
      const sum = 'team:xds_resources:sum{team="payments"}';
      expect(await global.valueUntil(sum, 6)).to.equal(6);
      const [series] = await global.query(sum);
      expect(series?.metric).to.include({ prometheus: new URL(prometheus.url).host });
      expect(await global.valueUntil('count(up{job="flowplane"} == 1)', 3)).to.equal(3);
      expect(await global.query('xds_team_resources_total')).to.deep.equal([]);
    } finally {
      await global.stop();
    }
  });

  it('reach each long-term store of the README by remote_write', async function () {
    needs(this, 'victoria-metrics');
    const store = await VictoriaMetrics.start();
    const receiver = await ReceiverDouble.start();
    const hosts = {
      'victoria-metrics:8428': new URL(store.url).host,
      'mimir:8080': new URL(receiver.url).host,
      'thanos-receive:19291': new URL(receiver.url).host,
    };
    const sections = Object.entries(hosts).reduce((text, [from, to]) => text.replaceAll(from, to), sectionsInGuide);
    const writer = await start('scale-out/remote-write.yml', instances(), { [sectionInFile]: sections });
    try {
      for (const query of [
        `sum(${clusters.replace('{', '{prometheus="flowplane-1",')})`,
        'team:xds_resources:sum{team="payments"}',
      ]) {
        expect(await readUntil(() => store.value(query), '6')).to.equal('6');
      }
      expect(await readUntil(() => receiver.paths.size, 2)).to.equal(2);
      // Why the tenants' headers are not checked: Debian's Prometheus 2.42 accepts `headers` but sends none.
      expect([...receiver.paths]).to.have.members(['/api/v1/push', '/api/v1/receive']);
      const text = await (await fetch(`${writer.url}/metrics`)).text();
      const sent = parseSamples(text).filter(({ name }) => name === 'prometheus_remote_storage_samples_total');
      const failed = parseSamples(text).filter(({ name }) => name === 'prometheus_remote_storage_samples_failed_total');
      expect(sent.map(({ labels }) => new URL(labels['url'] ?? '').pathname)).to.have.members([
        ...['/api/v1/write', '/api/v1/push', '/api/v1/receive'],
      ]);
      for (const { value, labels } of sent) expect(value, labels['url']).to.be.above(0);
      for (const { value, labels } of failed) expect(value, labels['url']).to.equal(0);
    } finally {
      await writer.stop();
      await Promise.all([store.stop(), receiver.stop()]);
    }
  });

  it('raise an alert when one of them stops, and the others keep their values', async () => {
    const [stopped] = planes as [ControlPlane];
    await stopped.close();
    const response = await fetch(`${prometheus.url}/api/v1/rules?type=alert`, { headers: { connection: 'close' } });
    type Rule = { name: string; query: string };
    const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
    const rules = data.groups.flatMap((group) => group.rules);
    const query = (name: string): string => rules.find((rule) => rule.name === name)?.query ?? '';
    expect(await prometheus.valueUntil(`count(${query('MetricsExporterDown')})`, 1)).to.equal(1);
    const [down] = await prometheus.query(query('MetricsExporterDown'));
    expect(down?.metric['instance']).to.equal(new URL(stopped.metricsUrl).host);
    expect(await prometheus.query(query('FlowplaneExporterAbsent'))).to.deep.equal([]);
    expect(await prometheus.valueUntil(`sum(${clusters})`, 5)).to.equal(5);
  });
});
