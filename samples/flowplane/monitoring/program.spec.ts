import { expect } from 'chai';
import { Program } from './program.js';
import { freePorts } from './testing/free-ports.js';

describe('Program', () => {
  it('stops a program that ignores SIGTERM', async () => {
    const [port = ''] = await freePorts(1);
    const script = `process.on('SIGTERM', () => {});
      require('node:http').createServer((_, response) => response.end()).listen(${port}, '127.0.0.1')`;
    const program = await Program.start({
      name: 'stubborn',
      command: [process.execPath, '-e', script],
      healthUrl: `http://127.0.0.1:${port}`,
    });
    await program.stop(0.1);
    expect(await fetch(`http://127.0.0.1:${port}`).catch((error: Error) => error.message)).to.equal('fetch failed');
  });

  it('finds the health URL in the log of a program that chooses its port', async () => {
    const script = `const server = require('node:http').createServer((_, response) => response.end());
      server.listen(0, '127.0.0.1', () => console.log('port=' + server.address().port))`;
    let url = '';
    const program = await Program.start({
      name: 'choosing',
      command: [process.execPath, '-e', script],
      healthUrl: (line) => {
        url = `http://127.0.0.1:${/^port=(\d+)$/.exec(line)?.[1]}`;
        return url;
      },
    });
    try {
      expect((await fetch(url)).status).to.equal(200);
    } finally {
      await program.stop();
    }
  });

  it('reports the last line of a program that ends at once', async () => {
    const command = [process.execPath, '-e', 'console.error("no such flag"); process.exit(2)'] as const;
    const failure = await Program.start({ name: 'broken', command, healthUrl: 'http://127.0.0.1:1' }).catch(
      (error: Error) => error.message,
    );
    expect(failure).to.equal('broken ended: no such flag');
  });
});
