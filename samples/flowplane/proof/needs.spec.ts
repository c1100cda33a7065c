import { expect } from 'chai';
import type { Context } from 'mocha';
import { needs } from './needs.js';

describe('needs(context, program)', () => {
  const ci = process.env['CI'];
  let skipped: boolean;
  const context = {
    skip() {
      skipped = true;
    },
  } as unknown as Context;

  beforeEach(() => {
    skipped = false;
  });

  afterEach(() => {
    if (ci === undefined) delete process.env['CI'];
    else process.env['CI'] = ci;
  });

  it('skips nothing where the program is installed', () => {
    needs(context, process.execPath);
    expect(skipped).to.equal(false);
  });

  it('skips the spec where the program is missing', () => {
    delete process.env['CI'];
    const lines: string[] = [];
    needs(context, 'no-such-program', (line) => lines.push(line));
    expect(skipped).to.equal(true);
    expect(lines.join()).to.contain('skipped: no-such-program is not installed');
  });

  it('fails under CI=true where the program is missing', () => {
    process.env['CI'] = 'true';
    expect(() => needs(context, 'no-such-program')).to.throw('no-such-program is not installed, and CI must have it');
    expect(skipped).to.equal(false);
  });
});
