import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { documents } from './documents/documents.js';
import { needs } from './needs.js';

describe('The snippets of the documents', () => {
  it('pass promtool check rules where they contain rules', function () {
    needs(this, 'promtool');
    const rules = documents.flatMap(({ path, fences }) =>
      fences
        .filter(({ language, text }) => language === 'yaml' && /^groups:$/m.test(text))
        .map((fence) => ({ path, ...fence })),
    );
    expect(rules.length).to.be.above(1);
    const folder = mkdtempSync(join(tmpdir(), 'rules-'));
    for (const { path, line, text } of rules) {
      const file = join(folder, 'rules.yml');
      writeFileSync(file, text);
      const { status, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
      expect({ status, stderr }, `${path}:${line}`).to.deep.equal({ status: 0, stderr: '' });
    }
    rmSync(folder, { recursive: true });
  });
});
