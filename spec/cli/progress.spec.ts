import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { withProgress } from '../../lib/cli/progress.js';

describe('The progress of a command', () => {
  const run = async (isTTY: boolean, quietMs: number, work: () => unknown): Promise<readonly string[]> => {
    const written: string[] = [];
    const stream = { isTTY, write: (text: string) => written.push(text) > 0 };
    await Promise.resolve(withProgress('loads the modules', work, { stream, quietMs })).catch(() => undefined);
    return written;
  };
  const words = ['\r\x1b[Kloads the modules …', '\r\x1b[K'];

  it('appears on a terminal once the work takes long, and is gone when it has ended', async () => {
    expect(await run(true, 1, () => wait(20))).to.deep.equal(words);
  });

  it('appears at once where the command has taken long before, and is gone also after a failure', async () => {
    const written = await run(true, -1, () => Promise.reject(new Error('no module')));
    expect(written).to.deep.equal(words);
  });

  it('does not appear where the work is short, and never in a file or a pipe', async () => {
    expect(await run(true, 60_000, () => 'done')).to.deep.equal([]);
    expect(await run(false, -1, () => wait(5))).to.deep.equal([]);
  });
});
