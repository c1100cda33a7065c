import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { ApiClient } from '../api/api-client.js';
import type { ControlPlane } from '../control-plane.js';
import { readUntil } from '../testing/read-until.js';
import { startTestControlPlane } from '../testing/test-control-plane.js';
import { AdsClient } from './ads-client.js';
import type { DiscoveryResponse } from './ads-protocol.js';

describe('The xDS service by gRPC', function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let payments: ApiClient;
  let proxies: AdsClient[];

  beforeEach(async () => {
    plane = await startTestControlPlane();
    payments = new ApiClient(plane.apiUrl, 'demo-payments');
    proxies = [];
  });

  afterEach(async () => {
    for (const proxy of proxies) proxy.close();
    await plane.close();
  });

  function connect(team: string, token: string): AdsClient {
    const proxy = new AdsClient(plane.xdsAddress, team, token);
    proxies.push(proxy);
    return proxy;
  }

  const readValue = async (name: string, labels: object) => {
    const family = (await plane.recorder.snapshot()).find((one) => one.name === name);
    const wanted = JSON.stringify(labels);
    return family?.samples.find((sample) => JSON.stringify(sample.labels) === wanted)?.value;
  };

  it('sends the current resources, and each change that follows', async () => {
    await payments.create('payments', 'clusters', 'a');
    const proxy = connect('payments', 'demo-payments');
    const responses = proxy[Symbol.asyncIterator]();
    proxy.subscribe('cluster');
    const first = (await responses.next()).value as DiscoveryResponse;
    proxy.answer(first);
    await payments.create('payments', 'clusters', 'b');
    const second = (await responses.next()).value as DiscoveryResponse;
    expect([first.resources.length, second.resources.length]).to.deep.equal([1, 2]);
    expect(second.version_info).to.not.equal(first.version_info);
  });

  it('counts requests and refusals by team and type', async () => {
    const proxy = connect('payments', 'demo-payments');
    const responses = proxy[Symbol.asyncIterator]();
    proxy.subscribe('route');
    proxy.answer((await responses.next()).value as DiscoveryResponse, 'no such filter');
    const labels = { resource_type: 'route', team: 'payments' };
    expect(await readUntil(() => readValue('xds_nacks_total', labels), 1)).to.equal(1);
    expect(await readValue('xds_requests_total', labels)).to.equal(2);
  });

  it('counts open streams and measures closed ones', async () => {
    const [one, other] = [connect('payments', 'demo-payments'), connect('payments', 'demo-payments')];
    for (const proxy of [one, other]) proxy.subscribe('listener');
    expect(await readUntil(() => readValue('xds_team_connections', { team: 'payments' }), 2)).to.equal(2);
    one.close();
    expect(await readUntil(() => readValue('xds_team_connections', { team: 'payments' }), 1)).to.equal(1);
    const durations = (await plane.recorder.snapshot()).find(({ name }) => name === 'xds_stream_duration_seconds');
    const count = durations?.samples.find(({ name }) => name.endsWith('_count'));
    expect([count?.labels, count?.value]).to.deep.equal([{ team: 'payments' }, 1]);
  });

  const refusals: [title: string, team: string, token: string, code: status][] = [
    ['an unknown token', 'payments', 'guessed', status.UNAUTHENTICATED],
    ["another team's token", 'payments', 'demo-checkout', status.PERMISSION_DENIED],
    ['no team', '', 'demo-payments', status.INVALID_ARGUMENT],
    ['an invalid team', 'x'.repeat(64), 'demo-payments', status.INVALID_ARGUMENT],
  ];
  for (const [title, team, token, code] of refusals) {
    it(`refuses a stream with ${title}`, async () => {
      const proxy = connect(team, token);
      const refused = proxy[Symbol.asyncIterator]()
        .next()
        .then(
          () => undefined,
          (error: { code: status }) => error.code,
        );
      proxy.subscribe('cluster');
      expect(await refused).to.equal(code);
      expect(await readValue('xds_team_connections', { team })).to.equal(undefined);
    });
  }

  it('closes a stream without a request in time, and serves the others', async () => {
    const strict = await startTestControlPlane({ firstRequestSeconds: 0.1 });
    const silent = new AdsClient(strict.xdsAddress, 'payments', 'demo-payments');
    const other = new AdsClient(strict.xdsAddress, 'payments', 'demo-payments');
    proxies.push(silent, other);
    try {
      other.subscribe('cluster');
      const responses = other[Symbol.asyncIterator]();
      other.answer((await responses.next()).value as DiscoveryResponse);
      const refusal = await silent[Symbol.asyncIterator]()
        .next()
        .catch((error: unknown) => error);
      expect(refusal).to.include({ code: status.DEADLINE_EXCEEDED, details: 'no request within 0.1 s' });
      await new ApiClient(strict.apiUrl, 'demo-payments').create('payments', 'clusters', 'later');
      expect(((await responses.next()).value as DiscoveryResponse).resources).to.have.length(1);
    } finally {
      await strict.close();
    }
  });

  it('counts an attempt to discover resources of another team', async () => {
    const proxy = connect('payments', 'demo-checkout');
    proxy.subscribe('cluster');
    const labels = { from_team: 'checkout', to_team: 'payments', resource_type: 'cluster' };
    expect(await readUntil(() => readValue('auth_cross_team_access_attempts_total', labels), 1)).to.equal(1);
  });

  it('ends its streams when it stops', async () => {
    const proxy = connect('payments', 'demo-payments');
    const responses = proxy[Symbol.asyncIterator]();
    proxy.subscribe('cluster');
    await responses.next();
    const ended = responses.next();
    await plane.close();
    expect((await ended).done).to.equal(true);
  });
});
