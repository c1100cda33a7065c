import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../../node/flowplane-metrics.cjs', import.meta.url));

describe('The output of flowplane-metrics', () => {
  it('may have a reader that ends first, such as head: the exit code is the same, and nothing is said', async () => {
    for (const [argument, expected] of [
      ['--help', 0],
      ['', 2],
    ] as const) {
      const child = spawn(process.execPath, [program, argument], { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.destroy();
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      expect({ code, said }).to.deep.equal({ code: expected, said: '' });
    }
  });

  it('has no room: the program says so, and fails', async function () {
    if (!existsSync('/dev/full')) return this.skip();
    const full = openSync('/dev/full', 'w');
    try {
      const child = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', full, 'pipe'] });
      const [said, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')]);
      expect({ code, said }).to.deep.equal({
        code: 2,
        said: 'flowplane-metrics: the output cannot be written (given ENOSPC). Make room, or write it elsewhere.\n',
      });
    } finally {
      closeSync(full);
    }
  });
});
