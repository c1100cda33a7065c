import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { hashSync } from '@node-rs/bcrypt';
import { expect } from 'chai';
import { ApiClient } from './api/api-client.js';
import type { Config } from './config.js';
import type { ControlPlane } from './control-plane.js';
import { readUntil } from './testing/read-until.js';
import { startTestControlPlane } from './testing/test-control-plane.js';

describe('The metrics of the control plane', function () {
  this.timeout(120_000);
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

  it('expose the requests of the API by method, route pattern and status', async () => {
    await payments.create('payments', 'clusters', 'ledger');
    await payments.send('GET', '/api/v1/teams/payments/clusters/none');
    const requests = async () => {
      const lines = await scrape();
      return lines.filter((line) => line.startsWith('http_server_request_duration_seconds_count')).join('\n');
    };
    const labels = (method: string, route: string, status: number) =>
      `{http_request_method="${method}",url_scheme="http",http_route="${route}",http_response_status_code="${status}"}`;
    const expected = [
      `http_server_request_duration_seconds_count${labels('POST', '/api/v1/teams/:team/clusters', 201)} 1`,
      `http_server_request_duration_seconds_count${labels('GET', '/api/v1/teams/:team/clusters/:name', 404)} 1`,
    ].join('\n');
    expect(await readUntil(requests, expected)).to.equal(expected);
  });

  it('contain no path, token or address of a request without authentication', async () => {
    const stranger = new ApiClient(plane.apiUrl, 'token-of-a-stranger');
    await stranger.send('GET', '/users/ada@example.org/cards/4111111111111111');
    await stranger.send('GET', '/api/v1/teams/payments/clusters/secret-name');
    const statuses = async () =>
      (await scrape()).filter((line) => /http_response_status_code="40[14]"/.test(line)).length > 0;
    expect(await readUntil(statuses, true)).to.equal(true);
    expect((await scrape()).join('\n')).to.not.match(/ada@|4111111111111111|token-of|secret-name|127\.0\.0\.1/);
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

describe('The exporter of the control plane', function () {
  this.timeout(120_000);
  const variable = 'FLOWPLANE_METRICS_WEB_CONFIG_FILE';
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'web-config-'));
    const hash = hashSync('a long password', { cost: 4 });
    writeFileSync(join(folder, 'web-config.yml'), `basic_auth_users: { prometheus: '${hash}' }\n`);
    process.env[variable] = join(folder, 'web-config.yml');
  });

  after(() => {
    delete process.env[variable];
    rmSync(folder, { recursive: true });
  });

  it('answers 401 without the password of the web config file', async () => {
    const plane = await startTestControlPlane();
    try {
      const statusWith = async (headers: Record<string, string>) => (await fetch(plane.metricsUrl, { headers })).status;
      expect(await statusWith({})).to.equal(401);
      const credentials = Buffer.from('prometheus:a long password').toString('base64');
      expect(await statusWith({ authorization: `Basic ${credentials}` })).to.equal(200);
    } finally {
      await plane.close();
    }
  });
});

describe('A control plane with a port in use', function () {
  this.timeout(120_000);
  let other: Server;
  let taken: number;

  before(async () => {
    other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    taken = (other.address() as AddressInfo).port;
    // Why: gRPC logs what the error says too.
    setLogVerbosity(logVerbosity.NONE);
  });

  after(() => {
    setLogVerbosity(logVerbosity.ERROR);
    other.close();
  });

  const cases: readonly (readonly [port: keyof Config, variable: string, message: RegExp])[] = [
    [
      'apiPort',
      'FLOWPLANE_API_PORT',
      /^The API cannot listen on port \d+ \(EADDRINUSE\)\. Set FLOWPLANE_API_PORT to another one\.$/,
    ],
    ['xdsPort', 'FLOWPLANE_XDS_PORT', /^The XDS cannot listen on port \d+ \(.*EADDRINUSE.*\)\. Set FLOWPLANE_XDS_PORT/],
    [
      'metricsPort',
      'FLOWPLANE_METRICS_PORT',
      /is taken \(EADDRINUSE\)\. .* FLOWPLANE_METRICS_PORT; mind that Prometheus itself/,
    ],
  ];
  for (const [port, variable, message] of cases) {
    it(`names ${variable} in its error, and leaves nothing listening`, async () => {
      const starting = startTestControlPlane({ [port]: taken });
      const error = await starting.then(
        () => expect.fail('it has started'),
        (reason: Error) => reason,
      );
      expect(error.message).to.match(message);
    });
  }
});
