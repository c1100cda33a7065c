import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');

/** How a run of mocha ended, and what it printed. */
interface MochaRun {
  readonly status: number | null;
  readonly printed: string;
}

/**
 * Runs mocha with the hooks and the mode of a configuration of this project.
 *
 * @param texts are the files of specs.
 * @param given replaces options of the configuration.
 */
export function runMocha(config: string, texts: readonly string[], given: object = {}): MochaRun {
  const folder = mkdtempSync(join(tmpdir(), 'run-mocha-'));
  try {
    const { require, parallel } = JSON.parse(readFileSync(join(root, config), 'utf8'));
    const hooks = require.map((file: string) => join(root, file));
    const own = join(folder, 'mocharc.json');
    writeFileSync(own, JSON.stringify({ require: hooks, parallel, jobs: 1, reporter: 'dot', ...given }));
    const files = texts.map((text, i) => {
      const file = join(folder, `suite-${i}.mjs`);
      writeFileSync(file, text);
      return file;
    });
    const { status, stdout, stderr } = spawnSync(process.execPath, [mocha, '--config', own, ...files], { cwd: root });
    return { status, printed: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
