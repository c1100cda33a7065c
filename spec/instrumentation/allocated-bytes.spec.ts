import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const program = fileURLToPath(new URL('allocated-bytes.js', import.meta.url));

describe('A call that is over when it returns', () => {
  it('allocates nothing for its metrics, whether it returns a value or not', () => {
    // Why a process with its own flags: no collection comes in between, and nothing else has shaped the compiled code.
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=128'];
    const { NODE_V8_COVERAGE: _, ...env } = process.env;
    const printed = execFileSync(process.execPath, [...flags, program], { encoding: 'utf8', env });
    const figures = JSON.parse(printed) as readonly { readonly subject: string; readonly bytes: number }[];
    expect(figures.length).to.equal(4);
    for (const { subject, bytes } of figures) expect(bytes, subject).to.be.below(8);
  });
});
