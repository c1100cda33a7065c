import { expect } from 'chai';
import { ApiClient } from './api/api-client.js';
import type { ControlPlane } from './control-plane.js';
import { startTestControlPlane } from './testing/test-control-plane.js';

describe('The metrics of the control plane', function () {
  this.timeout(30_000);
  let plane: ControlPlane;
  let payments: ApiClient;
  let checkout: ApiClient;

  beforeEach(async () => {
    plane = await startTestControlPlane();
    payments = new ApiClient(plane.apiUrl, 'demo-payments');
    checkout = new ApiClient(plane.apiUrl, 'demo-checkout');
  });

  afterEach(() => plane.close());

  const scrape = async (): Promise<string[]> => (await (await fetch(plane.metricsUrl)).text()).split('\n');

  it('expose their families before any request', async () => {
    expect(await scrape()).to.include.members([
      '# TYPE xds_team_resources_total gauge',
      '# TYPE auth_cross_team_access_attempts_total counter',
    ]);
  });

  it('have every authentication status at 0 before any request, so that rate() counts the first one', async () => {
    const statuses = ['success', 'missing', 'malformed', 'unknown'];
    expect(await scrape()).to.include.members(
      statuses.map((status) => `auth_authentications_total{status="${status}"} 0`),
    );
  });

  it('expose exactly as many resources as a team has', async () => {
    for (const name of ['a', 'b', 'c']) await payments.create('payments', 'clusters', name);
    await checkout.create('checkout', 'routes', 'r');
    await payments.send('DELETE', '/api/v1/teams/payments/clusters/b');
    expect(await scrape()).to.include.members([
      'xds_team_resources_total{resource_type="cluster",team="payments"} 2',
      'xds_team_resources_total{resource_type="route",team="checkout"} 1',
    ]);
  });

  it('count cross-team attempts on the API and on discovery, and no other request', async () => {
    expect((await checkout.create('payments', 'clusters', 'x')).status).to.equal(403);
    const discovery = { node: { id: 'proxy', metadata: { team: 'payments' } } };
    expect((await checkout.send('POST', '/v3/discovery:listeners', discovery)).status).to.equal(403);
    expect((await payments.create('payments', 'clusters', 'x')).status).to.equal(201);
    const attempts = (await scrape()).filter((line) => line.startsWith('auth_cross_team_access_attempts_total'));
    expect(attempts).to.deep.equal([
      'auth_cross_team_access_attempts_total{from_team="checkout",to_team="payments",resource_type="cluster"} 1',
      'auth_cross_team_access_attempts_total{from_team="checkout",to_team="payments",resource_type="listener"} 1',
    ]);
  });
});
