import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { Advice } from '../../lib/recorder/reports.js';
import type { MetricsServerOptions } from '../../lib/server/config/options.js';
import { ask } from '../server/ask.js';
import { Served } from '../server/served.js';

describe('A metrics server that checks client addresses', () => {
  const served = new Served();
  afterEach(() => served.close());

  const statusOf = async (options: MetricsServerOptions, headers = {}): Promise<number> => {
    const { url } = await served.listen(options);
    return (await ask(url, { headers })).status;
  };
  const from = (...addresses: string[]) => ({ 'X-Forwarded-For': addresses.join(', ') });

  it('accepts requests only from the allowed addresses and networks', async () => {
    expect(await statusOf({ allowedAddresses: ['127.0.0.1'] })).to.equal(200);
    expect(await statusOf({ allowedAddresses: ['10.0.0.0/8', '127.0.0.0/8'] })).to.equal(200);
    expect(await statusOf({ allowedAddresses: ['10.0.0.0/8', '::1'] })).to.equal(403);
  });

  it('treats an IPv4 address that is mapped into IPv6 as the same address', async () => {
    const { url } = await served.listen({ host: '::', allowedAddresses: ['127.0.0.1'], onAdvice: () => undefined });
    expect((await ask(url.replace('[::]', '127.0.0.1'))).status).to.equal(200);
    expect((await ask(url.replace('[::]', '[::1]'))).status).to.equal(403);
  });

  it('ignores X-Forwarded-For unless it is configured to trust the proxy', async () => {
    const allowedAddresses = ['10.1.2.3'];
    expect(await statusOf({ allowedAddresses }, from('10.1.2.3'))).to.equal(403);
    expect(await statusOf({ allowedAddresses, trustProxy: true }, from('10.1.2.3'))).to.equal(200);
    expect(await statusOf({ allowedAddresses, trustProxy: ['10.9.9.9'] }, from('10.1.2.3'))).to.equal(403);
    expect(await statusOf({ allowedAddresses, trustProxy: ['127.0.0.1'] }, from('10.1.2.3'))).to.equal(200);
  });

  it('takes the last address that is no proxy, because clients can write the earlier ones', async () => {
    const allowedAddresses = ['10.1.2.3'];
    const proxies = { allowedAddresses, trustProxy: ['127.0.0.1', '10.9.0.0/16'] };
    expect(await statusOf({ allowedAddresses, trustProxy: true }, from('10.1.2.3', '6.6.6.6'))).to.equal(403);
    expect(await statusOf(proxies, from('10.1.2.3', '10.9.1.1', '10.9.1.2'))).to.equal(200);
    expect(await statusOf(proxies, from('10.1.2.3', '6.6.6.6', '10.9.1.2'))).to.equal(403);
    expect(await statusOf(proxies, from('not an address'))).to.equal(403);
    expect(await statusOf(proxies)).to.equal(403);
  });

  it('takes an address with a port or in brackets from X-Forwarded-For, as some proxies write it', async () => {
    const allowed = { allowedAddresses: ['10.1.2.3', '2001:db8::/32'], trustProxy: true };
    const { url } = await served.listen(allowed);
    const status = async (...addresses: string[]) => (await ask(url, { headers: from(...addresses) })).status;
    const same = ['10.1.2.3:4711', '::ffff:10.1.2.3', '[::ffff:10.1.2.3]:80', '[2001:db8::1]', '[2001:DB8::1]:443'];
    for (const address of same) expect(await status('6.6.6.6', address), address).to.equal(200);
    const others = [
      '6.6.6.6:4711',
      '[2001:db9::1]:443',
      '10.1.2.3:x',
      '[10.1.2.3',
      '10.1.2.3]',
      '[]:80',
      ':80',
      'unknown',
    ];
    for (const address of others) expect(await status('10.1.2.3', address), address).to.equal(403);
  });

  it('recognises a proxy that X-Forwarded-For names with a port', async () => {
    const options = { allowedAddresses: ['10.1.2.3'], trustProxy: ['127.0.0.1', '10.9.0.0/16', 'fd00::/8'] };
    expect(await statusOf(options, from('10.1.2.3:50001', '10.9.1.1:443', '[fd00::1]:443'))).to.equal(200);
    expect(await statusOf(options, from('10.1.2.3:50001', '6.6.6.6:443', '10.9.1.1:443'))).to.equal(403);
  });

  it('checks the address on every path but /-/healthy and /-/ready', async () => {
    const { origin } = await served.listen({ allowedAddresses: ['10.0.0.1'] });
    expect((await ask(`${origin}/-/healthy`)).status).to.equal(200);
    expect(await ask(origin)).to.include({ status: 403, body: 'Forbidden\n' });
  });

  it('answers 429 to requests beyond one per interval and a burst', async () => {
    const { url } = await served.listen({ rateLimit: { interval: '1h', burst: 3 } });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await ask(url)).status);
    expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
    expect((await ask(url)).headers['retry-after']).to.equal('1');
  });

  describe('that gives advice about where it listens', () => {
    const advised = async (options: MetricsServerOptions): Promise<Advice[]> => {
      const advice: Advice[] = [];
      await served.listen({ ...options, onAdvice: (one) => advice.push(one) });
      return advice;
    };

    it('advises once when it listens beyond this machine without any check', async () => {
      const [advice, ...others] = await advised({ host: '0.0.0.0' });
      expect(others).to.deep.equal([]);
      expect(advice?.code).to.equal('open_server');
      expect(advice?.message).to.contain('"0.0.0.0" can be reached from other machines by any client');
    });

    it('gives no advice when it checks its clients or listens on loopback', async () => {
      expect(await advised({ host: '0.0.0.0', bearerTokens: ['0123456789abcdef'] })).to.deep.equal([]);
      expect(await advised({ host: '0.0.0.0', allowedAddresses: ['10.0.0.0/8'] })).to.deep.equal([]);
      expect(await advised({})).to.deep.equal([]);
    });

    it('advises when it listens on loopback inside Kubernetes', async () => {
      process.env['KUBERNETES_SERVICE_HOST'] = '10.96.0.1';
      try {
        const [advice] = await advised({});
        expect(advice?.code).to.equal('loopback_only');
        expect(advice?.message).to.contain('set FLOWPLANE_METRICS_HOST=0.0.0.0');
      } finally {
        delete process.env['KUBERNETES_SERVICE_HOST'];
      }
    });
  });

  it('listens on loopback by default, so that no other address of the machine answers', async function () {
    const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const other = others.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    if (other === undefined) {
      console.log('      skipped: this machine has no address but loopback');
      return this.skip();
    }
    const { port } = await served.listen();
    const error = await ask(`http://${other}:${port}/metrics`).catch((reason) => reason);
    expect(error).to.have.property('code', 'ECONNREFUSED');
  });
});
