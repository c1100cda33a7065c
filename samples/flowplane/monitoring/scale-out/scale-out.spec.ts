import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../../../../spec/needs.js';
import { PrometheusServer } from '../../../../spec/prometheus-server.js';
import { anyPorts } from '../../any-ports.js';
import { Client } from '../../api/client.js';
import { type ControlPlane, startControlPlane } from '../../control-plane.js';
import { until } from '../../until.js';
import { rows } from '../dashboard-panels.js';
import { monitoring, root } from '../files.js';
import { samplesIn } from '../proof/exposition-text.js';
import { ReceiverDouble, VictoriaMetrics } from './stores.js';

const guide = readFileSync(join(root, 'samples/flowplane/README.md'), 'utf8');
const file = readFileSync(join(monitoring, 'scale-out/remote-write.yml'), 'utf8');

/** The last section of the file, and what the guide has for it, all stores together. */
const remoteWriteOfFile = file.slice(file.indexOf('remote_write:'));
const remoteWrites = [...guide.matchAll(/```yaml\n[^`]*?remote_write:\n([^`]*)```/g)].reduce(
  (sections, [, section = '']) => sections + section,
  'remote_write:\n',
);

describe('Three instances of the control plane', function () {
  this.timeout(120_000);
  let planes: ControlPlane[];
  let prometheus: PrometheusServer;

  /** Starts a Prometheus with a file of the sample, faster, and with the addresses of this spec. */
  function start(file: string, targets: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'scale-out-'));
    cpSync(join(monitoring, 'rules'), join(folder, 'rules'), { recursive: true });
    for (const name of ['targets.yml', 'federation-targets.yml']) {
      writeFileSync(join(folder, name), `- targets: ${JSON.stringify(targets)}\n`);
    }
    const replaced = { 'interval: 10s': 'interval: 1s', 'timeout: 5s': 'timeout: 1s', ...more };
    const config = Object.entries(replaced).reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      readFileSync(join(monitoring, file), 'utf8'),
    );
    return PrometheusServer.startIn(folder, config);
  }

  const instances = () => planes.map(({ metricsUrl }) => new URL(metricsUrl).host);
  const mine = 'xds_team_resources_total{team="payments",resource_type="cluster"}';

  before(async function () {
    needs(this, 'prometheus');
    planes = await Promise.all([1, 2, 3].map(() => startControlPlane(anyPorts)));
    for (const [index, { apiUrl }] of planes.entries()) {
      const payments = new Client(apiUrl, 'demo-payments');
      for (let count = 0; count <= index; count += 1) await payments.create('payments', 'clusters', `c${count}`);
    }
    prometheus = await start('prometheus.yml', instances());
    expect(await prometheus.until(`sum(${mine})`, 6)).to.equal(6);
  });

  after(async () => {
    await prometheus?.stop();
    await Promise.all((planes ?? []).map((plane) => plane.close()));
  });

  it('are told apart by the label instance', async () => {
    const values = await prometheus.query(mine);
    const byInstance = Object.fromEntries(values.map(({ metric, value }) => [metric['instance'], value[1]]));
    const [one, two, three] = instances() as [string, string, string];
    expect(byInstance).to.deep.equal({ [one]: '1', [two]: '2', [three]: '3' });
  });

  it('are one by sum without (instance)', async () => {
    const [sum, ...others] = await prometheus.query(`sum without (instance) (${mine})`);
    expect(others).to.deep.equal([]);
    expect(sum?.metric).to.deep.equal({ job: 'flowplane', team: 'payments', resource_type: 'cluster' });
    expect(sum?.value[1]).to.equal('6');
  });

  it('are what the recording rules add up', async () => {
    expect(await prometheus.until('team:xds_resources:sum{team="payments"}', 6)).to.equal(6);
  });

  it('are on the panels about targets, each with what its endpoint exposes', async () => {
    const exprs = new Map(rows['Exporter']?.map(({ title, queries }) => [title, queries[0].expr]));
    for (const title of ['Up', 'Scrape duration', 'Samples per scrape']) {
      const answer = await prometheus.query(exprs.get(title) ?? '');
      expect(answer.map(({ metric }) => metric['instance'])).to.have.members(instances());
      for (const { value } of answer) expect(Number(value[1]), title).to.be.above(0);
    }
    const { metricsUrl } = planes[0] as ControlPlane;
    const counted = `scrape_samples_scraped{instance="${new URL(metricsUrl).host}"}`;
    // Why again and again: the runtime adds a series now and then, for a kind of garbage collection for example.
    const agree = async () => {
      const text = await (await fetch(metricsUrl)).text();
      return samplesIn(text).length === (await prometheus.value(counted));
    };
    expect(await until(agree, true)).to.equal(true);
  });

  it('reach a second Prometheus by federation, as their rules added them up', async () => {
    const above = await start('scale-out/federation.yml', [new URL(prometheus.url).host]);
    try {
      const sum = 'team:xds_resources:sum{team="payments"}';
      expect(await above.until(sum, 6)).to.equal(6);
      const [series] = await above.query(sum);
      expect(series?.metric).to.include({ prometheus: new URL(prometheus.url).host });
      expect(await above.until('count(up{job="flowplane"} == 1)', 3)).to.equal(3);
      expect(await above.query('xds_team_resources_total')).to.deep.equal([]);
    } finally {
      await above.stop();
    }
  });

  it('reach a store for the long term by remote_write, as the guide has it for each', async function () {
    needs(this, 'victoria-metrics');
    const store = await VictoriaMetrics.start();
    const receiver = await ReceiverDouble.start();
    const hosts = {
      'victoria-metrics:8428': new URL(store.url).host,
      'mimir:8080': new URL(receiver.url).host,
      'thanos-receive:19291': new URL(receiver.url).host,
    };
    const sections = Object.entries(hosts).reduce((text, [from, to]) => text.replaceAll(from, to), remoteWrites);
    const writer = await start('scale-out/remote-write.yml', instances(), { [remoteWriteOfFile]: sections });
    try {
      for (const query of [
        `sum(${mine.replace('{', '{prometheus="flowplane-1",')})`,
        'team:xds_resources:sum{team="payments"}',
      ]) {
        expect(await until(() => store.value(query), '6')).to.equal('6');
      }
      expect(await until(() => receiver.paths.size, 2)).to.equal(2);
      // Why not the tenants' headers too: Debian's Prometheus 2.42 takes `headers`, and sends none of them.
      expect([...receiver.paths]).to.have.members(['/api/v1/push', '/api/v1/receive']);
      const text = await (await fetch(`${writer.url}/metrics`)).text();
      const sent = samplesIn(text).filter(({ name }) => name === 'prometheus_remote_storage_samples_total');
      const failed = samplesIn(text).filter(({ name }) => name === 'prometheus_remote_storage_samples_failed_total');
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

  it('are missed when one of them goes: the alert about it holds, the others stay', async () => {
    const [gone] = planes as [ControlPlane];
    await gone.close();
    const response = await fetch(`${prometheus.url}/api/v1/rules?type=alert`, { headers: { connection: 'close' } });
    type Rule = { name: string; query: string };
    const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
    const rules = data.groups.flatMap((group) => group.rules);
    const query = (name: string): string => rules.find((rule) => rule.name === name)?.query ?? '';
    expect(await prometheus.until(`count(${query('FlowplaneExporterDown')})`, 1)).to.equal(1);
    const [down] = await prometheus.query(query('FlowplaneExporterDown'));
    expect(down?.metric['instance']).to.equal(new URL(gone.metricsUrl).host);
    expect(await prometheus.query(query('FlowplaneExporterAbsent'))).to.deep.equal([]);
    expect(await prometheus.until(`sum(${mine})`, 5)).to.equal(5);
  });
});
