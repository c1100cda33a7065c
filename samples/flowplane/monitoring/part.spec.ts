import { expect } from 'chai';
import { freePorts } from '../free-ports.js';
import { Part } from './part.js';

describe('Part', () => {
  it('stops a program that does not listen when it is told to', async () => {
    const [port = ''] = await freePorts(1);
    const program = `process.on('SIGTERM', () => {});
      require('node:http').createServer((_, answer) => answer.end()).listen(${port}, '127.0.0.1')`;
    const part = await Part.start({
      name: 'deaf',
      command: [process.execPath, '-e', program],
      healthUrl: `http://127.0.0.1:${port}`,
    });
    await part.stop(0.1);
    expect(await fetch(`http://127.0.0.1:${port}`).catch((error: Error) => error.message)).to.equal('fetch failed');
  });

  it('says why a program ended that was to be started', async () => {
    const command = [process.execPath, '-e', 'console.error("no such flag"); process.exit(2)'] as const;
    const failure = await Part.start({ name: 'broken', command, healthUrl: 'http://127.0.0.1:1' }).catch(
      (error: Error) => error.message,
    );
    expect(failure).to.equal('broken ended: no such flag');
  });
});
