import { once } from 'node:events';
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { attachRecorder, NoopRecorder } from 'flowplane-metrics';
import { startControlPlane } from '../control-plane.js';
import { ResourceRepository } from '../resources/resource-repository.js';
import { readUntil } from '../testing/read-until.js';
import { testConfig } from '../testing/test-config.js';
import { startTestControlPlane } from '../testing/test-control-plane.js';
import { emptyTestDatabase } from '../testing/test-database.js';
import { AdsClient } from './ads-client.js';

describe('The xDS service by gRPC, when something fails', function () {
  this.timeout(120_000);

  it('closes a stream whose proxy does not answer keepalive pings', async () => {
    const plane = await startTestControlPlane({ keepaliveSeconds: 0.2 });
    const [host = '', port = ''] = plane.xdsAddress.split(':');
    // A network that can be cut: after that, data no longer arrives, and no connection is closed.
    const connections: [Socket, Socket][] = [];
    const network = createServer((near) => {
      const far = connectTo(Number(port), host);
      connections.push([near, far]);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(network, 'listening');
    const proxy = new AdsClient(`127.0.0.1:${(network.address() as AddressInfo).port}`, 'payments', 'demo-payments');
    try {
      const readOpenStreams = async () => {
        const family = (await plane.recorder.snapshot()).find(({ name }) => name === 'xds_team_connections');
        return family?.samples[0]?.value;
      };
      proxy.subscribe('cluster');
      expect(await readUntil(readOpenStreams, 1)).to.equal(1);
      for (const [near, far] of connections) {
        near.unpipe(far);
        far.unpipe(near);
      }
      expect(await readUntil(readOpenStreams, 0)).to.equal(0);
    } finally {
      proxy.close();
      for (const socket of connections.flat()) socket.destroy();
      network.close();
      await plane.close();
    }
  });

  describe('with an invalid resource in the database', () => {
    const logged: string[] = [];
    const { error: logError } = console;
    let database: PGlite;

    before(async () => {
      database = await emptyTestDatabase();
      const repository = attachRecorder(new ResourceRepository(database), new NoopRecorder());
      await repository.prepare();
      // The API refuses this resource, so it is written directly.
      await repository.create('payments', 'cluster', { name: 'ledger', spec: { connect_timeout: 1 } });
      console.error = (...words: unknown[]) => void logged.push(words.join(' '));
    });

    after(() => {
      console.error = logError;
    });

    it('answers the proxy with "internal error" and logs the reason', async () => {
      const plane = await startControlPlane(testConfig, database);
      const proxy = new AdsClient(plane.xdsAddress, 'payments', 'demo-payments');
      try {
        proxy.subscribe('cluster');
        const failure = await proxy[Symbol.asyncIterator]()
          .next()
          .catch((error: unknown) => error);
        expect(failure).to.include({ code: status.INTERNAL, details: 'internal error' });
        expect(logged).to.include(
          'xDS: a stream of team "payments" failed: ProtoJsonError: "connect_timeout" must be seconds such as "0.25s"',
        );
      } finally {
        proxy.close();
        await plane.close();
      }
    });
  });
});
