import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { anyPorts } from './any-ports.js';
import { Client } from './api/client.js';
import { startControlPlane } from './control-plane.js';

describe('A control plane that is told to stop', function () {
  this.timeout(30_000);

  /** A request whose body is still under way. */
  async function begin(apiUrl: string): Promise<ClientRequest> {
    const headers = {
      authorization: 'Bearer demo-payments',
      'content-type': 'application/json',
      expect: '100-continue',
    };
    const begun = request(`${apiUrl}/api/v1/teams/payments/clusters`, { method: 'POST', headers });
    begun.flushHeaders();
    await once(begun, 'continue');
    return begun;
  }

  it('is not ready from then on, and still alive', async () => {
    const plane = await startControlPlane({ ...anyPorts, drainSeconds: 3 });
    const closed = plane.close();
    const anyone = new Client(plane.apiUrl);
    expect(await anyone.send('GET', '/readyz')).to.deep.include({ status: 503, body: { status: 'stopping' } });
    expect((await anyone.send('GET', '/healthz')).status).to.equal(200);
    await closed;
  });

  it('answers what is under way', async () => {
    const plane = await startControlPlane(anyPorts);
    const begun = await begin(plane.apiUrl);
    const closed = plane.close();
    begun.end('{"name":"ledger"}');
    const [answer] = (await once(begun, 'response')) as [IncomingMessage];
    expect(answer.statusCode).to.equal(201);
    answer.resume();
    await closed;
  });

  it('waits no longer than it was told to', async () => {
    const plane = await startControlPlane({ ...anyPorts, shutdownSeconds: 0.1 });
    const begun = await begin(plane.apiUrl);
    const broken = once(begun, 'error');
    await plane.close();
    expect(((await broken)[0] as { code: string }).code).to.equal('ECONNRESET');
  });
});
