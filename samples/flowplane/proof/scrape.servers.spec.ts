import { expect } from 'chai';
import { ApiClient } from '../control-plane/api/api-client.js';
import type { ControlPlane } from '../control-plane/control-plane.js';
import { startTestControlPlane } from '../control-plane/testing/test-control-plane.js';
import { needs } from './needs.js';
import { PrometheusServer } from './prometheus-server.js';

const attempts = 'auth_cross_team_access_attempts_total';

describe('A real Prometheus that scrapes the control plane', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let prometheus: PrometheusServer | undefined;
  let server: PrometheusServer;

  before(async function () {
    needs(this, 'prometheus');
    plane = await startTestControlPlane();
    prometheus = server = await PrometheusServer.start(plane.metricsUrl);
  });

  after(async () => {
    await prometheus?.stop();
    await plane?.close();
  });

  it('reads exactly the resources that exist, per team and type, and their sum', async () => {
    const [payments, checkout] = [
      new ApiClient(plane.apiUrl, 'demo-payments'),
      new ApiClient(plane.apiUrl, 'demo-checkout'),
    ];
    for (const name of ['a', 'b', 'c']) await payments.create('payments', 'clusters', name);
    for (const name of ['a', 'b']) await payments.create('payments', 'routes', name);
    await checkout.create('checkout', 'clusters', 'a');
    expect(await server.valueUntil('sum(xds_team_resources_total)', 6)).to.equal(6);
    expect(await server.value('xds_team_resources_total{resource_type="cluster",team="payments"}')).to.equal(3);
    const byTeam = await server.query('sum by (team) (xds_team_resources_total)');
    const sums = Object.fromEntries(byTeam.map(({ metric, value }) => [metric['team'], Number(value[1])]));
    expect(sums).to.deep.equal({ payments: 5, checkout: 1 });
  });

  it('reads exactly the cross-team attempts, and the rate of those after the first scrape', async () => {
    const platform = new ApiClient(plane.apiUrl, 'demo-platform');
    const attempt = () => platform.create('payments', 'listeners', 'x');
    for (let i = 0; i < 3; i++) await attempt();
    const series = `${attempts}{from_team="platform",to_team="payments",resource_type="listener"}`;
    expect(await server.valueUntil(series, 3)).to.equal(3);
    for (let count = 4; count <= 8; count++) {
      await attempt();
      expect(await server.valueUntil(series, count)).to.equal(count);
    }
    const [latest] = await server.query(series);
    const time = latest?.value[0] as number;
    const [range] = await server.query(`${series}[60s]`, time);
    const times = (range?.values ?? []).map(([scraped]) => scraped);
    const sampled = (times.at(-1) as number) - (times[0] as number);
    const interval = sampled / (times.length - 1);
    const increase = (await server.value(`increase(${series}[60s])`, time)) as number;
    // Prometheus extrapolates what it sampled by at most 1.1 intervals on either side.
    expect(increase).to.be.within(5, (5 * (sampled + 2.2 * interval)) / sampled);
    expect(await server.value(`rate(${series}[60s])`, time)).to.be.closeTo(increase / 60, 1e-9);
  });

  it('drops no sample and logs no warning', async () => {
    expect(await server.valueUntil('up{job="flowplane"}', 1)).to.equal(1);
    const scraped = await server.valueUntil('scrape_samples_scraped - scrape_samples_post_metric_relabeling', 0);
    expect(scraped).to.equal(0);
    expect(await server.value('scrape_samples_scraped')).to.be.above(50);
    expect(server.problems).to.deep.equal([]);
  });
});
