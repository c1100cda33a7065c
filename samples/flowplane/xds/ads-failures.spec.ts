import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { anyPorts } from '../any-ports.js';
import { startControlPlane } from '../control-plane.js';
import { ResourceRepository } from '../resources/resource-repository.js';
import { until } from '../until.js';
import { AdsClient } from './ads-client.js';

describe('The xDS service by gRPC, where something fails', function () {
  this.timeout(30_000);

  it('gives up a stream whose proxy is gone without a word', async () => {
    const watchful = await startControlPlane({ ...anyPorts, keepaliveSeconds: 0.2 });
    const [host = '', port = ''] = watchful.xdsAddress.split(':');
    // A network that can be cut: from then on nothing arrives, and nobody is told.
    const wires: [Socket, Socket][] = [];
    const network = createServer((near) => {
      const far = connectTo(Number(port), host);
      wires.push([near, far]);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(network, 'listening');
    const proxy = new AdsClient(`127.0.0.1:${(network.address() as AddressInfo).port}`, 'payments', 'demo-payments');
    try {
      const open = async () => {
        const family = (await watchful.recorder.snapshot()).find(({ name }) => name === 'xds_team_connections');
        return family?.samples[0]?.value;
      };
      proxy.subscribe('cluster');
      expect(await until(open, 1)).to.equal(1);
      for (const [near, far] of wires) {
        near.unpipe(far);
        far.unpipe(near);
      }
      expect(await until(open, 0)).to.equal(0);
    } finally {
      proxy.close();
      for (const socket of wires.flat()) socket.destroy();
      network.close();
      await watchful.close();
    }
  });

  describe('in its own house', () => {
    const said: string[] = [];
    const { error: say } = console;
    let folder: string;

    before(async () => {
      folder = join(mkdtempSync(join(tmpdir(), 'ads-')), 'database');
      const database = new PGlite(folder);
      const repository = new ResourceRepository(database);
      await repository.prepare();
      // No API would have let this in.
      await repository.create('payments', 'cluster', { name: 'ledger', spec: { connect_timeout: 1 } });
      await database.close();
      console.error = (...words: unknown[]) => void said.push(words.join(' '));
    });

    after(() => {
      console.error = say;
      rmSync(join(folder, '..'), { recursive: true });
    });

    it('tells the proxy nothing of its inside, and whoever runs it the reason', async () => {
      const plane = await startControlPlane({ ...anyPorts, databaseFolder: folder });
      const proxy = new AdsClient(plane.xdsAddress, 'payments', 'demo-payments');
      try {
        proxy.subscribe('cluster');
        const failure = await proxy[Symbol.asyncIterator]()
          .next()
          .catch((error: unknown) => error);
        expect(failure).to.include({ code: status.INTERNAL, details: 'internal error' });
        expect(said).to.include(
          'xDS: a stream of team "payments" has failed: ProtoJsonError: "connect_timeout" must be seconds such as "0.25s"',
        );
      } finally {
        proxy.close();
        await plane.close();
      }
    });
  });
});
