import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { MetricsAggregator } from '../../lib/processes/index.js';
import { checkSocketPath, pm2SocketPath } from '../../lib/processes/transports/socket-path.js';
import { encodeMessage, MessageDecoder } from '../../lib/processes/transports/socket-stream.js';

describe('A MetricsAggregator at a socket', () => {
  let folder: string;
  const aggregators: MetricsAggregator[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flowplane-'));
  });

  afterEach(async () => {
    for (const one of aggregators.splice(0)) await one.close();
    rmSync(folder, { recursive: true });
  });

  const create = (socket: string): MetricsAggregator => {
    const one = new MetricsAggregator({ socket });
    aggregators.push(one);
    return one;
  };

  const refusal = (socket: string): Promise<string> =>
    create(socket)
      .listen()
      .then(
        () => 'listens',
        (error: Error) => error.message,
      );

  it('listens in a folder that only its user can enter, which it creates', async () => {
    const socket = join(folder, 'a/b/metrics.sock');
    expect(await create(socket).listen()).to.equal(true);
    expect(statSync(dirname(socket)).mode & 0o777).to.equal(0o700);
  });

  it('refuses a folder that others can use, one of another user, and a path that is too long', async () => {
    chmodSync(folder, 0o755);
    expect(await refusal(join(folder, 'metrics.sock'))).to.equal(
      `MetricsAggregator: folder "${folder}" can be used by others (given mode 0755). Give the socket a folder of its own, with: chmod 700.`,
    );
    chmodSync(folder, 0o700);
    expect(await refusal(join(folder, `${'x'.repeat(120)}.sock`))).to.match(
      / must have at most 10[37] bytes \(given \d+\)\./,
    );
    expect(await refusal('/proc/metrics.sock')).to.match(/^MetricsAggregator: folder "\/proc" can(not)? be used/);
  });

  it('listens at a named pipe on Windows, which instances of PM2 have by themselves, and says so where it is given a path', () => {
    expect(checkSocketPath('\\\\.\\pipe\\metrics', 'win32')).to.deep.equal([]);
    expect(checkSocketPath(pm2SocketPath({ name: 'service' }, 'win32'), 'win32')).to.deep.equal([]);
    expect(checkSocketPath('C:\\metrics.sock', 'win32').map(({ message }) => message)).to.deep.equal([
      'socket "C:\\metrics.sock" must be a named pipe on Windows (given a path). Write for example "\\\\.\\pipe\\metrics".',
    ]);
  });

  it('leaves the place to the one that was first, and takes that of one that was killed', async () => {
    const socket = join(folder, 'metrics.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('listens'))`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    expect(await create(socket).listen()).to.equal(false);
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    expect(existsSync(socket)).to.equal(true);
    expect(await create(socket).listen()).to.equal(true);
  });

  it('reads messages in whatever pieces they come', () => {
    const messages = [
      { type: 'frame', id: 'a', frame: Uint8Array.from([1, 2, 3]) },
      { type: 'bye', id: 'ä' },
      { type: 'frame', id: 'b', frame: new Uint8Array(1000).fill(7) },
    ] as const;
    const bytes = Buffer.concat(messages.map(encodeMessage));
    for (const size of [1, 3, 7, 64, 5000]) {
      const decoder = new MessageDecoder(10_000);
      const read = [];
      for (let at = 0; at < bytes.length; at += size) read.push(...decoder.decode(bytes.subarray(at, at + size)));
      expect(read, `in pieces of ${size}`).to.deep.equal(messages);
    }
    expect(() => [...new MessageDecoder(100).decode(bytes)]).to.throw();
  });
});
