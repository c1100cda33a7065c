import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { attachRecorder, requestMetrics, Timed } from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';

class Service {
  @Timed({ name: 'run_seconds', help: 'Duration' })
  run(during: () => void): void {
    during();
  }

  @Timed({ name: 'wait_seconds', help: 'Duration' })
  async wait(during: () => void): Promise<void> {
    during();
  }
}

const real = performance.now;
/** Does what a library of fake timers does: from now on the clock begins at 0. */
const fakeClock = (): void => {
  performance.now = () => 0;
};

describe('A clock that goes back during a call, as fake timers make it do', () => {
  afterEach(() => {
    performance.now = real;
  });

  it('gives a duration of 0, never one below, for functions, promises and requests', async () => {
    const recorder = new MemoryRecorder();
    const service = attachRecorder(new Service(), recorder);
    service.run(fakeClock);
    performance.now = real;
    await service.wait(fakeClock);
    performance.now = real;
    const track = requestMetrics(recorder);
    const server = createServer((request, response) => {
      track(request, response, () => '/');
      fakeClock();
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.close();
    server.closeAllConnections();
    for (const name of ['run_seconds', 'wait_seconds', 'http_server_request_duration_seconds']) {
      const values = [`${name}_count`, `${name}_sum`].map((sample) =>
        recorder.series(sample).map(({ value }) => value),
      );
      expect(values, name).to.deep.equal([[1], [0]]);
    }
  });
});
