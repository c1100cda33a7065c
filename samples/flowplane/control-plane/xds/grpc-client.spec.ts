import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ApiClient } from '../api/api-client.js';
import type { ControlPlane } from '../control-plane.js';
import { startBackend } from '../testing/grpc-backend.js';
import { serviceResources } from '../testing/grpc-resources.js';
import { startTestControlPlane } from '../testing/test-control-plane.js';

const client = fileURLToPath(new URL('../testing/grpc-client.js', import.meta.url));

describe("gRPC's own xDS client", function () {
  this.timeout(120_000);
  let plane: ControlPlane;
  let backend: Awaited<ReturnType<typeof startBackend>>;

  before(async () => {
    plane = await startTestControlPlane();
    backend = await startBackend();
  });

  after(async () => {
    backend.stop();
    await plane.close();
  });

  const run = (target: string, token: string, seconds = '15') => {
    const bootstrap = {
      xds_servers: [
        { server_uri: plane.xdsAddress, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] },
      ],
      node: { id: 'spec', locality: {}, metadata: { team: 'payments', token } },
    };
    const env = { ...process.env, GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) };
    return promisify(execFile)(process.execPath, [client, target, '12 loaves', seconds], { env });
  };

  it('finds a service through the control plane and calls it', async () => {
    const payments = new ApiClient(plane.apiUrl, 'demo-payments');
    for (const [collection, resource] of Object.entries(serviceResources('ledger', backend.port))) {
      const answer = await payments.send('POST', `/api/v1/teams/payments/${collection}`, resource);
      expect(answer).to.deep.include({ status: 201 });
    }
    const { stdout } = await run('xds:///ledger', 'demo-payments');
    expect(stdout.trim()).to.equal('ledger: 12 loaves');
    const families = await plane.recorder.snapshot();
    const requests = families.find(({ name }) => name === 'xds_requests_total');
    const types = requests?.samples.map(({ labels }) => labels['resource_type']);
    expect(types).to.have.members(['listener', 'route', 'cluster']);
    expect(families.find(({ name }) => name === 'xds_nacks_total')?.samples).to.deep.equal([]);
  });

  it('finds nothing with a wrong token', async () => {
    const failed = await run('xds:///ledger', 'guessed', '2').catch((error: { stderr: string }) => error.stderr);
    expect(failed).to.contain('DEADLINE_EXCEEDED');
    const attempts = (await plane.recorder.snapshot()).find(({ name }) => name === 'auth_authentications_total');
    const refused = attempts?.samples.find(({ labels }) => labels['status'] === 'unknown');
    expect(refused?.value).to.be.at.least(1);
  });
});
