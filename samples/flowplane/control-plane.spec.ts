import { expect } from 'chai';
import { anyPorts } from './any-ports.js';
import { Client } from './api/client.js';
import { type ControlPlane, startControlPlane } from './control-plane.js';

describe("The sample control plane's metrics", function () {
  this.timeout(30_000);
  let plane: ControlPlane;
  let payments: Client;
  let checkout: Client;

  beforeEach(async () => {
    plane = await startControlPlane(anyPorts);
    payments = new Client(plane.apiUrl, 'demo-payments');
    checkout = new Client(plane.apiUrl, 'demo-checkout');
  });

  afterEach(() => plane.close());

  const scraped = async (): Promise<string[]> => (await (await fetch(plane.metricsUrl)).text()).split('\n');

  it('shows its families before any request', async () => {
    expect(await scraped()).to.include.members([
      '# TYPE xds_team_resources_total gauge',
      '# TYPE auth_cross_team_access_attempts_total counter',
    ]);
  });

  it('has every way to authenticate at 0 before any request, so that a rate sees the first', async () => {
    const statuses = ['success', 'missing', 'malformed', 'unknown'];
    expect(await scraped()).to.include.members(
      statuses.map((status) => `auth_authentications_total{status="${status}"} 0`),
    );
  });

  it('shows exactly as many resources as a team has', async () => {
    for (const name of ['a', 'b', 'c']) await payments.create('payments', 'clusters', name);
    await checkout.create('checkout', 'routes', 'r');
    await payments.send('DELETE', '/api/v1/teams/payments/clusters/b');
    expect(await scraped()).to.include.members([
      'xds_team_resources_total{resource_type="cluster",team="payments"} 2',
      'xds_team_resources_total{resource_type="route",team="checkout"} 1',
    ]);
  });

  it('counts cross-team attempts, on the API and on discovery, and nothing else', async () => {
    expect((await checkout.create('payments', 'clusters', 'x')).status).to.equal(403);
    const discovery = { node: { id: 'proxy', metadata: { team: 'payments' } } };
    expect((await checkout.send('POST', '/v3/discovery:listeners', discovery)).status).to.equal(403);
    expect((await payments.create('payments', 'clusters', 'x')).status).to.equal(201);
    const attempts = (await scraped()).filter((line) => line.startsWith('auth_cross_team_access_attempts_total'));
    expect(attempts).to.deep.equal([
      'auth_cross_team_access_attempts_total{from_team="checkout",to_team="payments",resource_type="cluster"} 1',
      'auth_cross_team_access_attempts_total{from_team="checkout",to_team="payments",resource_type="listener"} 1',
    ]);
  });
});
