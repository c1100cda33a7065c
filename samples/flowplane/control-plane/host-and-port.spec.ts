import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { ApiClient } from './api/api-client.js';
import { formatHostAndPort } from './host-and-port.js';
import { startTestControlPlane } from './testing/test-control-plane.js';
import { AdsClient } from './xds/ads-client.js';

describe('formatHostAndPort(host, port)', () => {
  it('puts an IPv6 address in brackets', () => {
    expect(formatHostAndPort('127.0.0.1', 80)).to.equal('127.0.0.1:80');
    expect(formatHostAndPort('localhost', 80)).to.equal('localhost:80');
    expect(formatHostAndPort('::1', 80)).to.equal('[::1]:80');
  });

  it('gives the address of a control plane that listens on IPv6', async function () {
    const addresses = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    if (!addresses.some(({ address }) => address === '::1')) {
      console.log('      skipped: this machine has no address ::1');
      this.skip();
    }
    const plane = await startTestControlPlane({ apiHost: '::1', metricsHost: '::1' });
    const proxy = new AdsClient(plane.xdsAddress, 'payments', 'demo-payments');
    try {
      expect((await new ApiClient(plane.apiUrl).send('GET', '/readyz')).status).to.equal(200);
      proxy.subscribe('cluster');
      expect((await proxy[Symbol.asyncIterator]().next()).value)
        .to.have.property('resources')
        .with.length(0);
    } finally {
      proxy.close();
      await plane.close();
    }
  }).timeout(120_000);
});
