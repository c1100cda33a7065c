import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { ApiClient } from './api/api-client.js';
import { startTestControlPlane } from './testing/test-control-plane.js';

describe('A control plane that stops', function () {
  this.timeout(120_000);

  /** Sends the headers of a request, and not yet its body. */
  async function startRequest(apiUrl: string): Promise<ClientRequest> {
    const headers = {
      authorization: 'Bearer demo-payments',
      'content-type': 'application/json',
      expect: '100-continue',
    };
    const started = request(`${apiUrl}/api/v1/teams/payments/clusters`, { method: 'POST', headers });
    started.flushHeaders();
    await once(started, 'continue');
    return started;
  }

  it('answers 503 on /readyz and 200 on /healthz while it drains', async () => {
    const plane = await startTestControlPlane({ drainSeconds: 3 });
    const closed = plane.close();
    const client = new ApiClient(plane.apiUrl);
    expect(await client.send('GET', '/readyz')).to.deep.include({ status: 503, body: { status: 'stopping' } });
    expect((await client.send('GET', '/healthz')).status).to.equal(200);
    await closed;
  });

  it('answers a request that it has started to read', async () => {
    const plane = await startTestControlPlane();
    const started = await startRequest(plane.apiUrl);
    const closed = plane.close();
    started.end('{"name":"ledger"}');
    const [answer] = (await once(started, 'response')) as [IncomingMessage];
    expect(answer.statusCode).to.equal(201);
    // Otherwise the connection would keep the server open for seconds.
    expect(answer.headers.connection).to.equal('close');
    answer.resume();
    await closed;
  });

  it('closes a request that takes longer than shutdownSeconds', async () => {
    const plane = await startTestControlPlane({ shutdownSeconds: 0.1 });
    const started = await startRequest(plane.apiUrl);
    const broken = once(started, 'error');
    await plane.close();
    expect(((await broken)[0] as { code: string }).code).to.equal('ECONNRESET');
  });
});
