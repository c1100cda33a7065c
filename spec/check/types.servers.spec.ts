import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../needs.js';
import { accepted, refused } from './type-mistakes.js';

describe("Prometheus' own check of types", () => {
  before(function () {
    needs(this, 'promtool');
  });

  /** The expressions that promtool refuses. */
  function ask(expressions: readonly string[]): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'types-'));
    try {
      const rules = expressions.map((expr, i) => ({ alert: `A${i}`, expr }));
      writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: [{ name: 'a', rules }] }));
      const { stdout, stderr } = spawnSync('promtool', ['check', 'rules', 'rules.json'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const numbers = new Set(
        Array.from((stdout + stderr).matchAll(/rule \d+, "A(\d+)"/g), ([, number]) => Number(number)),
      );
      return expressions.filter((_, i) => numbers.has(i));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('refuses each expression that the check refuses', () => {
    const texts = refused.map(([text]) => text);
    expect(ask(texts)).to.deep.equal(texts);
  });

  it('takes each expression that the check takes', () => {
    expect(ask(accepted)).to.deep.equal([]);
  });
});
