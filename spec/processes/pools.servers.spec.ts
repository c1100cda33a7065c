import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { scrapedFrom, scrapedUntil } from './scraped-until.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const guide = readFileSync(join(root, 'docs/guides/processes.md'), 'utf8');

/** The text of a file that the guide shows. */
function shownIn(file: string): string {
  const text = new RegExp(`^\`\`\`js in-pool\n// ${file}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide)?.[1];
  if (text === undefined) throw new Error(`the guide shows no ${file}`);
  return text;
}

/** The guide's program, as it says to write it for each pool. */
const pools: Readonly<Record<string, (text: string) => string>> = {
  'piscina@5.3.2': (text) => text,
  'tinypool@2.2.0': (text) =>
    text
      .replace("{ Piscina } from 'piscina'", "Tinypool from 'tinypool'")
      .replace('new Piscina', 'new Tinypool')
      .replace("atomics: 'disabled'", 'useAtomics: false'),
};

/** Two threads, more tasks when told to, and the end of the pool. */
const rest = `
  const { createInterface } = await import('node:readline');
  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line === 'run') await Promise.all([4, 5].map((number) => pool.run(number)));
    if (line === 'destroy') await pool.destroy();
  });
`;

describe('A pool of threads, as the guide shows it', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flowplane-pools-'));
    const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', ['install', '--prefix', folder, ...flags, ...Object.keys(pools)]);
    symlinkSync(root, join(folder, 'node_modules/flowplane-metrics'), 'dir');
    writeFileSync(join(folder, 'tasks.mjs'), shownIn('tasks.mjs'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the program in the text as `pool.mjs`. Returns its address, what it writes to stderr, and what tells it something. */
  async function start(text: string) {
    writeFileSync(join(folder, 'pool.mjs'), text + rest);
    const child = spawn(process.execPath, ['pool.mjs'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    const errors: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const stop = async (): Promise<void> => {
      child.kill('SIGKILL');
      await exited;
    };
    return { url, errors, tell: (line: string) => child.stdin.write(`${line}\n`), stop };
  }

  for (const [name, adapt] of Object.entries(pools)) {
    it(`of ${name} has the counts of all threads, and keeps them when the pool ends`, async () => {
      const { url, tell, stop } = await start(adapt(shownIn('pool.mjs')));
      try {
        await scrapedUntil(url, 'squares_total 3');
        tell('run');
        const samples = await scrapedUntil(url, 'squares_total 5');
        expect(samples.filter((one) => one.startsWith('flowplane_metrics_source_age_seconds{'))).to.not.be.empty;
        tell('destroy');
        await scrapedUntil(url, 'squares_total 5', 'flowplane_metrics_sources 0');
      } finally {
        await stop();
      }
    });

    it(`of ${name} is advised on where its idle threads publish nothing, because the option is left out`, async () => {
      const { url, errors, stop } = await start(
        adapt(shownIn('pool.mjs')).replace(/, (atomics|useAtomics): [^,]*/, ''),
      );
      try {
        while (!errors.join('').includes('a thread publishes nothing')) {
          await scrapedFrom(url);
          await wait(100);
        }
      } finally {
        await stop();
      }
    });
  }
});
