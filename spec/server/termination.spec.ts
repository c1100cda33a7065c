import { expect } from 'chai';
import { ask } from './ask.js';
import { handlers, ours, startInSuite } from './ending-process.js';
import { Served } from './served.js';

describe('A process that serves metrics and receives a signal', () => {
  const startProgram = startInSuite();
  const start = (options: string, more = '') => startProgram(`${ours(options)}\n${more}`);

  it('ends by SIGTERM or SIGINT after one more scrape, with the option drain', async () => {
    await Promise.all(
      (['SIGTERM', 'SIGINT'] as const).map(async (signal) => {
        const process = await start('drain: true');
        process.send(signal);
        await process.isDraining();
        expect((await ask(process.url)).status).to.equal(200);
        expect(await process.ended()).to.equal(signal);
      }),
    );
  });

  it('ends after the deadline when no scrape comes, with the option drain', async () => {
    const process = await start('drain: { deadlineSeconds: 0.2 }');
    process.send('SIGTERM');
    expect(await process.ended()).to.equal('SIGTERM');
  });

  it('ends at once at a second signal, of the same kind or the other, with the option drain', async () => {
    await Promise.all(
      (['SIGTERM', 'SIGINT'] as const).map(async (second) => {
        const process = await start('drain: true');
        process.send('SIGTERM');
        await process.isDraining();
        process.send(second);
        expect(await process.ended()).to.equal(second);
      }),
    );
  });

  it('drains beside an application that handles SIGTERM and sets its own exit code', async () => {
    const process = await start(
      'drain: true',
      "process.on('SIGTERM', () => { process.exitCode = 7; say('closes'); });",
    );
    process.send('SIGTERM');
    await process.hears('closes');
    expect(await process.readiness()).to.equal(503);
    expect((await ask(process.url)).status).to.equal(200);
    expect(await process.ended()).to.equal(7);
  });

  it('ends at once like any process, without the option drain', async () => {
    const process = await start('');
    process.send('SIGTERM');
    expect(await process.ended()).to.equal('SIGTERM');
  });

  const longCleanUps: Readonly<Record<string, string>> = {
    'runs once': handlers['a handler that runs once']?.('SIGTERM', true) ?? '',
    'removes itself': handlers['a handler that removes itself and sends the signal again']?.('SIGTERM', true) ?? '',
  };
  for (const [what, handler] of Object.entries(longCleanUps)) {
    it(`lets the application clean up for longer than the drain where its handler ${what}`, async () => {
      const process = await start('drain: true', handler);
      process.send('SIGTERM');
      await process.hears('cleans up');
      expect((await ask(process.url)).status).to.equal(200);
      await process.hasClosed();
      process.release();
      expect(await process.ended()).to.equal(what === 'removes itself' ? 'SIGTERM' : 7);
      expect(process.said).to.include('has cleaned up');
    });
  }

  it('serves the last scrape where an earlier handler of the application awaits close() and exits', async () => {
    const process = await startProgram(`
      process.on('SIGTERM', async () => { await close(); process.exit(7); });
      ${ours('drain: true')}`);
    process.send('SIGTERM');
    await process.isDraining();
    expect((await ask(process.url)).status).to.equal(200);
    expect(await process.ended()).to.equal(7);
  });

  it('waits no longer at the second signal where the application handles both by awaiting close()', async () => {
    const process = await start(
      'drain: true',
      "process.on('SIGINT', async () => { await close(); process.exit(7); });",
    );
    process.send('SIGINT');
    await process.isDraining();
    process.send('SIGINT');
    expect(await process.ended()).to.equal(7);
  });

  it('drains every server of the process before it ends', async () => {
    const process = await start('drain: true', 'say((await serveMetrics({ port: 0, drain: true })).url);');
    const [other = ''] = process.said;
    process.send('SIGTERM');
    await process.isDraining();
    expect((await ask(process.url)).status).to.equal(200);
    await process.hasClosed();
    expect((await ask(other)).status).to.equal(200);
    expect(await process.ended()).to.equal('SIGTERM');
  });

  it('has no listener of ours for signals once the server has closed', async () => {
    const served = new Served();
    const count = () => ['SIGTERM', 'SIGINT', 'newListener'].map((name) => process.listenerCount(name));
    const before = count();
    await served.listen({ drain: true });
    await served.listen({ drain: true });
    expect(count()).to.deep.equal(before.map((listeners) => listeners + 1));
    await served.close();
    expect(count()).to.deep.equal(before);
  });
});
