import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ControlPlane } from '../control-plane/control-plane.js';
import { startTestControlPlane } from '../control-plane/testing/test-control-plane.js';
import { monitoringFolder } from '../monitoring/paths.js';
import { Model } from './model.js';
import { needs } from './needs.js';
import { PrometheusServer } from './prometheus-server.js';
import { Traffic } from './traffic.js';

const feature = '--enable-feature=created-timestamp-zero-ingestion';
const attempts = 'auth_cross_team_access_attempts_total';

describe('The alerts of the sample, in a Prometheus that takes the start times of series', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let taking: PrometheusServer;
  let leaving: PrometheusServer;

  const start = (flags: readonly string[]): Promise<PrometheusServer> => {
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [join(monitoringFolder, 'rules/alerting.yml')],
      scrape_configs: [{ job_name: 'flowplane', static_configs: [{ targets: [new URL(plane.metricsUrl).host] }] }],
    };
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    return PrometheusServer.startIn(folder, JSON.stringify(config), { command: 'prometheus-3', flags });
  };

  before(async function () {
    needs(this, 'prometheus-3');
    plane = await startTestControlPlane();
    [taking, leaving] = await Promise.all([start([feature]), start([])]);
    for (const prometheus of [taking, leaving]) {
      expect(await prometheus.valueUntil('min_over_time(up[1m])', 1)).to.equal(1);
    }
    const traffic = new Traffic(plane, new Model({ job: 'flowplane', instance: new URL(plane.metricsUrl).host }));
    for (let i = 0; i < 8; i += 1) await traffic.list('checkout', 'payments', 'cluster');
    for (const prometheus of [taking, leaving]) {
      expect(await prometheus.valueUntil(`count(count_over_time((${attempts} == 8)[1m:1s]) >= 3)`, 1)).to.equal(1);
    }
  });

  after(async () => {
    await Promise.all([taking?.stop(), leaving?.stop()]);
    await plane?.close();
  });

  it('need no more than increase() for the first attempts between two scrapes', async () => {
    const expression = `increase(${attempts}[5m])`;
    expect(await taking.value(expression)).to.be.within(8, 12);
    expect(await leaving.value(expression)).to.be.below(8);
  });

  it('fire there as they are written, and count the attempts once', async () => {
    const alert = 'ALERTS{alertname="FlowplaneCrossTeamAttempts", alertstate="firing"}';
    expect(await taking.valueUntil(alert, 1)).to.equal(1);
    const [series] = await taking.query(alert);
    expect(series?.metric).to.include({ from_team: 'checkout', to_team: 'payments' });
    const response = await fetch(`${taking.url}/api/v1/alerts`, { headers: { connection: 'close' } });
    const { data } = (await response.json()) as {
      data: { alerts: { labels: { alertname: string }; value: string }[] };
    };
    const fired = data.alerts.find(({ labels }) => labels.alertname === 'FlowplaneCrossTeamAttempts');
    expect(Number(fired?.value)).to.be.within(8, 12);
  });
});
