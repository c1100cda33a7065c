import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { anyPorts } from './any-ports.js';
import { Client } from './api/client.js';
import { authority } from './authority.js';
import { startControlPlane } from './control-plane.js';
import { AdsClient } from './xds/ads-client.js';

describe('authority(host, port)', () => {
  it('is host and port, with brackets around what has colons itself', () => {
    expect(authority('127.0.0.1', 80)).to.equal('127.0.0.1:80');
    expect(authority('localhost', 80)).to.equal('localhost:80');
    expect(authority('::1', 80)).to.equal('[::1]:80');
  });

  it('is where a control plane on an address of IPv6 is found', async function () {
    const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    if (!addresses.some(({ address }) => address === '::1')) {
      console.log('      skipped: this machine has no address ::1');
      this.skip();
    }
    const plane = await startControlPlane({ ...anyPorts, apiHost: '::1', metricsHost: '::1' });
    const proxy = new AdsClient(plane.xdsAddress, 'payments', 'demo-payments');
    try {
      expect((await new Client(plane.apiUrl).send('GET', '/readyz')).status).to.equal(200);
      proxy.subscribe('cluster');
      expect((await proxy[Symbol.asyncIterator]().next()).value)
        .to.have.property('resources')
        .with.length(0);
    } finally {
      proxy.close();
      await plane.close();
    }
  }).timeout(30_000);
});
