import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { leftovers } from './no-leftovers.js';
import { until } from './until.js';

describe('The root hook for leftovers', () => {
  it('finds a server that listens and a process that runs, until they end', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    await Promise.all([once(server, 'listening'), once(child, 'spawn')]);
    expect(leftovers()).to.include.members(['TCPServerWrap', 'ProcessWrap']);
    server.close();
    child.kill();
    await until(() => leftovers().length === 0);
  });
});
