import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { needs } from '../needs.js';
import { ask } from './ask.js';
import { codeOf, handlers, ours, plain, type Signal, startInSuite } from './ending-process.js';

const signals: readonly Signal[] = ['SIGTERM', 'SIGINT'];

/** How a process must end with drain: the application's exit code, or by the signal, as it would without us. */
const endingOf = (handler: string, signal: Signal, as: 'usual' | 'first') => {
  if (handler === 'a handler' || handler === 'a handler that runs once') return 7;
  return as === 'first' ? codeOf(signal) : signal;
};

for (const as of ['usual', 'first'] as const) {
  describe(`A process that serves metrics${as === 'first' ? ' as PID 1 of a container' : ''}`, () => {
    const startProgram = startInSuite();
    const start = (program: string) => startProgram(program, as);

    before(function () {
      if (as === 'first') needs(this, 'unshare');
    });

    /** What happens to it at this signal, without drain. */
    const observe = async (server: string, handler: string, signal: Signal) => {
      const process = await start(`${server}\n${handlers[handler]?.(signal, false)}`);
      process.send(signal);
      if (handler !== 'no handler') await process.hears('cleans up');
      process.release();
      return { outcome: await process.outcome(), said: process.said };
    };

    for (const signal of signals) {
      it(`with drain, where nothing is left to do once the handler sends ${signal} again: ends by it`, async () => {
        const process = await start(`${ours('drain: true')}
          const handle = async () => {
            process.off('${signal}', handle);
            await cleanUp();
            process.kill(process.pid, '${signal}');
          };
          process.on('${signal}', handle);`);
        process.send(signal);
        await process.hears('cleans up');
        expect((await ask(process.url)).status).to.equal(200);
        await process.hasClosed();
        process.release();
        expect(await process.ended()).to.equal(as === 'first' ? codeOf(signal) : signal);
      });
    }

    for (const [handler, code] of Object.entries(handlers)) {
      for (const signal of signals) {
        const ending = endingOf(handler, signal, as);

        it(`with drain and ${handler} for ${signal}: serves the last scrape and ends in the right way`, async () => {
          const process = await start(`${ours('drain: true')}\n${code(signal, true)}`);
          process.send(signal);
          await process.isDraining();
          if (handler !== 'no handler') {
            await process.hears('cleans up');
            process.release();
            await process.hears('has cleaned up');
          }
          expect((await ask(process.url)).status).to.equal(200);
          expect(await process.ended()).to.equal(ending);
        });

        if (handler !== 'no handler') {
          it(`with drain and ${handler} for ${signal}: lets a clean-up finish that lasts longer than the drain`, async () => {
            const process = await start(`${ours('drain: true')}\n${code(signal, true)}`);
            process.send(signal);
            await process.hears('cleans up');
            expect((await ask(process.url)).status).to.equal(200);
            await process.hasClosed();
            process.release();
            expect(await process.ended()).to.equal(ending);
            expect(process.said.slice(0, 2)).to.deep.equal(['cleans up', 'has cleaned up']);
          });
        }

        it(`without drain and with ${handler} for ${signal}: behaves as without us`, async () => {
          const [bare, served] = await Promise.all([plain, ours('')].map((server) => observe(server, handler, signal)));
          expect(served).to.deep.equal(bare);
          // Why: the kernel drops a signal that PID 1 does not handle.
          const isDropped = as === 'first' && ending === codeOf(signal);
          expect(served?.outcome).to.equal(isDropped ? 'goes on' : ending);
        });
      }
    }
  });
}

describe('A process that serves metrics with drain', () => {
  const startProgram = startInSuite();
  const start = (options: string, more = '') => startProgram(`${ours(options)}\n${more}`);

  it('lets the application clean up where its handler runs once and was put in front of all others', async () => {
    const process = await start(
      'drain: true',
      "process.prependOnceListener('SIGTERM', async () => { await cleanUp(); process.exitCode = 7; });",
    );
    process.send('SIGTERM');
    await process.hears('cleans up');
    expect((await ask(process.url)).status).to.equal(200);
    await process.hasClosed();
    process.release();
    expect(await process.ended()).to.equal(7);
  });

  it('drains where the application answers SIGINT by sending itself SIGTERM', async () => {
    const process = await start('drain: true', "process.on('SIGINT', () => process.kill(process.pid, 'SIGTERM'));");
    process.send('SIGINT');
    await process.isDraining();
    expect((await ask(process.url)).status).to.equal(200);
    expect(await process.ended()).to.equal('SIGTERM');
  });

  it('ends by the signal where signal-exit, which waits for other listeners, listens too', async () => {
    const process = await start(
      'drain: true',
      `import { onExit } from 'signal-exit';
       onExit((code, signal) => say('exits by ' + signal));`,
    );
    process.send('SIGTERM');
    await process.isDraining();
    expect((await ask(process.url)).status).to.equal(200);
    expect(await process.ended()).to.equal('SIGTERM');
    expect(process.said).to.deep.equal(['exits by SIGTERM']);
  });

  it('drains the servers of two copies of the package, and does not take one for the application', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'copies-')));
    try {
      cpSync(fileURLToPath(new URL('../../lib', import.meta.url)), join(folder, 'lib'), { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      const state = join(folder, 'lib/process-state.js');
      writeFileSync(state, readFileSync(state, 'utf8').replace('stateVersion = 1;', 'stateVersion = 2;'));
      const process = await start(
        'drain: true',
        `const copy = await import('${pathToFileURL(join(folder, 'lib/server/index.js'))}');
         say((await copy.serveMetrics({ port: 0, drain: true })).url);`,
      );
      const [other = ''] = process.said;
      process.send('SIGTERM');
      await process.isDraining();
      expect((await ask(process.url)).status).to.equal(200);
      await process.hasClosed();
      expect((await ask(other)).status).to.equal(200);
      expect(await process.ended()).to.equal('SIGTERM');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
