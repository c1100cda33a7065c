import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { TokenGrant } from '../auth/token-authenticator.js';
import type { ControlPlane } from '../control-plane.js';
import { startTestControlPlane } from '../testing/test-control-plane.js';
import { ApiClient } from './api-client.js';

const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;

describe('The API of the control plane', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let payments: ApiClient;

  before(async () => {
    plane = await startTestControlPlane();
    payments = new ApiClient(plane.apiUrl, 'demo-payments');
  });

  after(() => plane.close());

  it('creates, lists, finds, replaces and deletes resources', async () => {
    const [all, one] = ['/api/v1/teams/payments/clusters', '/api/v1/teams/payments/clusters/ledger'];
    const resource = { name: 'ledger', spec: { connect_timeout: '1s' } };
    const created = await payments.create('payments', 'clusters', 'ledger', resource.spec);
    expect(created).to.deep.include({ status: 201, body: resource });
    expect((await payments.send('GET', all)).body).to.deep.equal([resource]);
    expect((await payments.send('PUT', one, { connect_timeout: '2s' })).status).to.equal(200);
    expect((await payments.send('GET', one)).body).to.deep.equal({ name: 'ledger', spec: { connect_timeout: '2s' } });
    expect((await payments.send('DELETE', one)).status).to.equal(204);
    expect((await payments.send('GET', one)).status).to.equal(404);
    expect((await payments.send('GET', all)).body).to.deep.equal([]);
  });

  const refusals: [title: string, status: number, method: string, path: string, body?: unknown][] = [
    ['an unknown path', 404, 'GET', '/nowhere'],
    ['an unknown collection', 404, 'GET', '/api/v1/teams/payments/constructor'],
    ['an unknown resource', 404, 'DELETE', '/api/v1/teams/payments/clusters/none'],
    ['malformed JSON', 400, 'POST', '/api/v1/teams/payments/clusters', '{"name":'],
    ['a body that is not an object', 400, 'POST', '/api/v1/teams/payments/clusters', '[1]'],
    ['a name with SQL in it', 400, 'POST', '/api/v1/teams/payments/clusters', { name: "x'; DROP TABLE resources" }],
    ['a replacement of an unknown resource', 404, 'PUT', '/api/v1/teams/payments/clusters/none', {}],
    ['a replacement under another name', 400, 'PUT', '/api/v1/teams/payments/clusters/none', { name: 'x' }],
    ['a string with U+0000', 400, 'POST', '/api/v1/teams/payments/clusters', { name: 'x', alt_stat_name: 'a\u0000b' }],
    ['half a surrogate pair', 400, 'POST', '/api/v1/teams/payments/clusters', '{"name":"x","alt_stat_name":"\\ud800"}'],
    ['a deeply nested body', 400, 'POST', '/api/v1/teams/payments/clusters', `{"name":"x","metadata":${deep}}`],
    ['a team name in capitals', 400, 'GET', '/api/v1/teams/PAYMENTS/clusters'],
    ['a huge body', 413, 'POST', '/api/v1/teams/payments/clusters', { name: 'x', padding: 'x'.repeat(100_000) }],
    ['discovery without a node', 400, 'POST', '/v3/discovery:clusters', {}],
    [
      'discovery for an invalid team name',
      400,
      'POST',
      '/v3/discovery:clusters',
      { node: { metadata: { team: 'A b' } } },
    ],
    ['discovery of an unknown type', 404, 'POST', '/v3/discovery:secrets', {}],
    ['a method that the path does not have', 405, 'PUT', '/v3/discovery:clusters', {}],
  ];
  for (const [title, status, method, path, body] of refusals) {
    it(`answers ${title} with ${status}`, async () => {
      const answer = await payments.send(method, path, body);
      expect(answer.status).to.equal(status);
    });
  }

  it('names the field that Envoy would refuse', async () => {
    const answer = await payments.create('payments', 'clusters', 'x', { connect_timeut: '1s' });
    expect(answer.status).to.equal(400);
    expect(answer.body).to.deep.equal({
      error: 'invalid cluster: "connect_timeut" is not a field of envoy.config.cluster.v3.Cluster',
    });
  });

  it('answers a request without a valid token with 401', async () => {
    for (const client of [new ApiClient(plane.apiUrl), new ApiClient(plane.apiUrl, 'guessed')]) {
      const { status, headers } = await client.send('GET', '/api/v1/teams/payments/clusters');
      expect([status, headers.get('www-authenticate')]).to.deep.equal([401, 'Bearer']);
    }
  });

  it('answers a duplicate with 409', async () => {
    await payments.create('payments', 'listeners', 'x');
    expect((await payments.create('payments', 'listeners', 'x')).status).to.equal(409);
  });

  it("answers discovery with the resources of the node's team and a version that changes with them", async () => {
    const discover = async () => {
      const request = { node: { id: 'proxy', metadata: { team: 'payments' } } };
      return (await payments.send('POST', '/v3/discovery:routes', request)).body as Record<string, unknown>;
    };
    await payments.create('payments', 'routes', 'x', { virtual_hosts: [] });
    const [first, second] = [await discover(), await discover()];
    await payments.create('payments', 'routes', 'y');
    const third = await discover();
    expect(first['resources']).to.deep.equal([
      { '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration', name: 'x', virtual_hosts: [] },
    ]);
    expect(second['version_info']).to.equal(first['version_info']);
    expect(third['version_info']).to.not.equal(first['version_info']);
    expect(second['nonce']).to.not.equal(first['nonce']);
  });

  it('answers discovery with 304 when the proxy has the current version', async () => {
    const node = { metadata: { team: 'payments' } };
    const { body } = await payments.send('POST', '/v3/discovery:clusters', { node });
    const { version_info } = body as { version_info: string };
    expect((await payments.send('POST', '/v3/discovery:clusters', { node, version_info })).status).to.equal(304);
  });

  it('answers discovery of other resource names with 200, although no resource has changed', async () => {
    await payments.create('payments', 'routes', 'asked-for-later');
    const request = { node: { metadata: { team: 'payments' } }, resource_names: ['none'] };
    const { body } = await payments.send('POST', '/v3/discovery:routes', request);
    const { version_info } = body as { version_info: string };
    const more = { ...request, resource_names: ['asked-for-later'], version_info };
    const answer = await payments.send('POST', '/v3/discovery:routes', more);
    expect(answer.status).to.equal(200);
    expect(answer.body).to.have.property('resources').with.length(1);
  });

  it('answers /healthz and /readyz', async () => {
    const client = new ApiClient(plane.apiUrl);
    expect((await client.send('GET', '/healthz')).body).to.deep.equal({ status: 'ok' });
    expect((await client.send('GET', '/readyz')).body).to.deep.equal({ status: 'ready' });
  });
});

describe('A token without the required scope', () => {
  it('gets a 403, and no cross-team attempt is counted', async () => {
    const sha256 = createHash('sha256').update('reader').digest('hex');
    const grants: TokenGrant[] = [{ sha256, team: 'payments', scopes: ['read'] }];
    const plane = await startTestControlPlane({ grants });
    try {
      const reader = new ApiClient(plane.apiUrl, 'reader');
      expect((await reader.send('GET', '/api/v1/teams/payments/clusters')).status).to.equal(200);
      expect((await reader.create('payments', 'clusters', 'x')).status).to.equal(403);
      const attempts = (await plane.recorder.snapshot()).find(({ name }) => name.startsWith('auth_cross_team'));
      expect(attempts?.samples).to.deep.equal([]);
    } finally {
      await plane.close();
    }
  }).timeout(120_000);
});

describe('A team with the name "error"', () => {
  it('can create resources like any other team', async () => {
    const sha256 = createHash('sha256').update('t').digest('hex');
    const grants: TokenGrant[] = [{ sha256, team: 'error', scopes: ['write'] }];
    const plane = await startTestControlPlane({ grants });
    try {
      expect((await new ApiClient(plane.apiUrl, 't').create('error', 'clusters', 'x')).status).to.equal(201);
    } finally {
      await plane.close();
    }
  }).timeout(120_000);
});
