import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { anyPorts } from '../any-ports.js';
import type { TokenGrant } from '../auth/token-authenticator.js';
import { type ControlPlane, startControlPlane } from '../control-plane.js';
import { Client } from './client.js';

const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;

describe("The sample control plane's API", function () {
  this.timeout(30_000);
  let plane: ControlPlane;
  let payments: Client;

  before(async () => {
    plane = await startControlPlane(anyPorts);
    payments = new Client(plane.apiUrl, 'demo-payments');
  });

  after(() => plane.close());

  it('creates, lists, finds, replaces and deletes', async () => {
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
    ['a resource that is not there', 404, 'DELETE', '/api/v1/teams/payments/clusters/none'],
    ['malformed JSON', 400, 'POST', '/api/v1/teams/payments/clusters', '{"name":'],
    ['a body that is no object', 400, 'POST', '/api/v1/teams/payments/clusters', '[1]'],
    ['a name with SQL in it', 400, 'POST', '/api/v1/teams/payments/clusters', { name: "x'; DROP TABLE resources" }],
    ['a replacement of nothing', 404, 'PUT', '/api/v1/teams/payments/clusters/none', {}],
    ['a replacement under another name', 400, 'PUT', '/api/v1/teams/payments/clusters/none', { name: 'x' }],
    ['a text with U+0000', 400, 'POST', '/api/v1/teams/payments/clusters', { name: 'x', alt_stat_name: 'a\u0000b' }],
    ['half a character', 400, 'POST', '/api/v1/teams/payments/clusters', '{"name":"x","alt_stat_name":"\\ud800"}'],
    ['a body nested deep', 400, 'POST', '/api/v1/teams/payments/clusters', `{"name":"x","metadata":${deep}}`],
    ['a team in capitals', 400, 'GET', '/api/v1/teams/PAYMENTS/clusters'],
    ['a huge body', 413, 'POST', '/api/v1/teams/payments/clusters', { name: 'x', padding: 'x'.repeat(100_000) }],
    ['discovery without a node', 400, 'POST', '/v3/discovery:clusters', {}],
    ['discovery for no legal name', 400, 'POST', '/v3/discovery:clusters', { node: { metadata: { team: 'A b' } } }],
    ['discovery of something else', 404, 'POST', '/v3/discovery:secrets', {}],
    ['another method', 405, 'PUT', '/v3/discovery:clusters', {}],
  ];
  for (const [title, status, method, path, body] of refusals) {
    it(`answers ${title} with ${status}`, async () => {
      const answer = await payments.send(method, path, body);
      expect(answer.status).to.equal(status);
    });
  }

  it('says what Envoy would not understand, and where', async () => {
    const answer = await payments.create('payments', 'clusters', 'x', { connect_timeut: '1s' });
    expect(answer.status).to.equal(400);
    expect(answer.body).to.deep.equal({
      error: 'this is no cluster: "connect_timeut" is no field of envoy.config.cluster.v3.Cluster',
    });
  });

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

  it('answers the discovery of what a proxy has already with 304', async () => {
    const node = { metadata: { team: 'payments' } };
    const { body } = await payments.send('POST', '/v3/discovery:clusters', { node });
    const { version_info } = body as { version_info: string };
    expect((await payments.send('POST', '/v3/discovery:clusters', { node, version_info })).status).to.equal(304);
  });

  it('answers the discovery of other resources than before with them, though none has changed', async () => {
    await payments.create('payments', 'routes', 'asked-for-later');
    const request = { node: { metadata: { team: 'payments' } }, resource_names: ['none'] };
    const { body } = await payments.send('POST', '/v3/discovery:routes', request);
    const { version_info } = body as { version_info: string };
    const more = { ...request, resource_names: ['asked-for-later'], version_info };
    const answer = await payments.send('POST', '/v3/discovery:routes', more);
    expect(answer.status).to.equal(200);
    expect(answer.body).to.have.property('resources').with.length(1);
  });

  it('tells whether it lives and whether it wants requests', async () => {
    const anyone = new Client(plane.apiUrl);
    expect((await anyone.send('GET', '/healthz')).body).to.deep.equal({ status: 'ok' });
    expect((await anyone.send('GET', '/readyz')).body).to.deep.equal({ status: 'ready' });
  });
});

describe('A token without the scope for what it is used for', () => {
  it('is answered with 403, which is no cross-team attempt', async () => {
    const sha256 = createHash('sha256').update('reader').digest('hex');
    const grants: TokenGrant[] = [{ sha256, team: 'payments', scopes: ['read'] }];
    const plane = await startControlPlane({ ...anyPorts, grants });
    try {
      const reader = new Client(plane.apiUrl, 'reader');
      expect((await reader.send('GET', '/api/v1/teams/payments/clusters')).status).to.equal(200);
      expect((await reader.create('payments', 'clusters', 'x')).status).to.equal(403);
      const attempts = (await plane.recorder.snapshot()).find(({ name }) => name.startsWith('auth_cross_team'));
      expect(attempts?.samples).to.deep.equal([]);
    } finally {
      await plane.close();
    }
  }).timeout(30_000);
});

describe('A team that is called "error"', () => {
  it('is a team like others', async () => {
    const sha256 = createHash('sha256').update('t').digest('hex');
    const grants: TokenGrant[] = [{ sha256, team: 'error', scopes: ['write'] }];
    const plane = await startControlPlane({ ...anyPorts, grants });
    try {
      expect((await new Client(plane.apiUrl, 't').create('error', 'clusters', 'x')).status).to.equal(201);
    } finally {
      await plane.close();
    }
  }).timeout(30_000);
});
