import { expect } from 'chai';
import { configFrom, demonstrationTokens } from '../../samples/flowplane/config.js';
import { type ControlPlane, startControlPlane } from '../../samples/flowplane/control-plane.js';
import { Client } from './client.js';

const config = { apiPort: 0, metricsHost: '127.0.0.1', metricsPort: 0, tokens: demonstrationTokens, traffic: false };

describe("The sample control plane's metrics", function () {
  this.timeout(30_000);
  let plane: ControlPlane;
  let payments: Client;
  let checkout: Client;

  beforeEach(async () => {
    plane = await startControlPlane(config);
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

describe("The sample control plane's API", function () {
  this.timeout(30_000);
  let plane: ControlPlane;
  let payments: Client;

  before(async () => {
    plane = await startControlPlane(config);
    payments = new Client(plane.apiUrl, 'demo-payments');
  });

  after(() => plane.close());

  it('creates, lists and deletes', async () => {
    const resource = { name: 'ledger', spec: { connect_timeout: '1s' } };
    expect(await payments.create('payments', 'clusters', 'ledger')).to.deep.include({ status: 201, body: resource });
    expect((await payments.send('GET', '/api/v1/teams/payments/clusters')).body).to.deep.equal([resource]);
    expect((await payments.send('DELETE', '/api/v1/teams/payments/clusters/ledger')).status).to.equal(204);
    expect((await payments.send('GET', '/api/v1/teams/payments/clusters')).body).to.deep.equal([]);
  });

  const refusals: [title: string, status: number, method: string, path: string, body?: unknown][] = [
    ['an unknown path', 404, 'GET', '/nowhere'],
    ['an unknown collection', 404, 'GET', '/api/v1/teams/payments/constructor'],
    ['a resource that is not there', 404, 'DELETE', '/api/v1/teams/payments/clusters/none'],
    ['malformed JSON', 400, 'POST', '/api/v1/teams/payments/clusters', '{"name":'],
    ['a body that is no object', 400, 'POST', '/api/v1/teams/payments/clusters', '[1]'],
    ['a name with SQL in it', 400, 'POST', '/api/v1/teams/payments/clusters', { name: "x'; DROP TABLE resources" }],
    ['a huge body', 413, 'POST', '/api/v1/teams/payments/clusters', { name: 'x', padding: 'x'.repeat(100_000) }],
    ['discovery without a node', 400, 'POST', '/v3/discovery:clusters', {}],
    ['discovery of something else', 404, 'POST', '/v3/discovery:secrets', {}],
    ['another method', 405, 'PUT', '/v3/discovery:clusters', {}],
  ];
  for (const [title, status, method, path, body] of refusals) {
    it(`answers ${title} with ${status}`, async () => {
      const answer = await payments.send(method, path, body);
      expect(answer.status).to.equal(status);
    });
  }

  it('answers a request without a valid token with 401', async () => {
    for (const client of [new Client(plane.apiUrl), new Client(plane.apiUrl, 'guessed')]) {
      const { status, headers } = await client.send('GET', '/api/v1/teams/payments/clusters');
      expect([status, headers.get('www-authenticate')]).to.deep.equal([401, 'Bearer']);
    }
  });

  it('answers a duplicate with 409', async () => {
    await payments.create('payments', 'listeners', 'x');
    expect((await payments.create('payments', 'listeners', 'x')).status).to.equal(409);
  });

  it('discovers the resources of the team of a node, under a version that changes when they do', async () => {
    const discover = async () => {
      const request = { node: { id: 'proxy', metadata: { team: 'payments' } } };
      return (await payments.send('POST', '/v3/discovery:routes', request)).body as Record<string, unknown>;
    };
    await payments.create('payments', 'routes', 'x');
    const [first, second] = [await discover(), await discover()];
    await payments.create('payments', 'routes', 'y');
    const third = await discover();
    expect(first['resources']).to.deep.equal([
      { '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration', name: 'x', connect_timeout: '1s' },
    ]);
    expect(second['version_info']).to.equal(first['version_info']);
    expect(third['version_info']).to.not.equal(first['version_info']);
    expect(second['nonce']).to.not.equal(first['nonce']);
  });
});

describe('configFrom(environment)', () => {
  it('has defaults', () => {
    expect(configFrom({})).to.deep.include({
      apiPort: 8080,
      metricsHost: '127.0.0.1',
      metricsPort: 9090,
      traffic: true,
    });
  });

  it('names the variable that is wrong', () => {
    expect(() => configFrom({ FLOWPLANE_API_PORT: '80a' })).to.throw('FLOWPLANE_API_PORT must be a port');
  });
});
