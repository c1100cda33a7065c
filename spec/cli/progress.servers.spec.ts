import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { needs } from '../needs.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = join(root, 'dist/lib/cli/main.js');
const library = JSON.stringify(pathToFileURL(join(root, 'dist/lib/index.js')).href);

/** A module that takes long to load, and declares an objective. */
const slowModule = `
import { defineCounter } from ${library};
await new Promise((resolve) => setTimeout(resolve, 3000));
const labels = { outcome: { oneOf: ['success', 'error'] } };
export const orders = defineCounter({ name: 'orders_total', help: 'Orders', labels, objective: { ratio: 0.999, errors: { outcome: 'error' } } });
`;

describe('A command that takes long, on a terminal', () => {
  let folder: string;

  before(function () {
    needs(this, 'script');
    folder = mkdtempSync(join(tmpdir(), 'progress-'));
    writeFileSync(join(folder, 'slow.mjs'), slowModule);
    writeFileSync(join(folder, 'rules.yml'), 'groups: [{ name: one, rules: [{ record: one, expr: vector(1) }] }]\n');
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a command whose standard error is a terminal; gives what appears there. */
  async function runOnTerminal(args: string): Promise<string> {
    const command = `'${process.execPath}' '${main}' ${args} > /dev/null`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    return text(child.stdout);
  }

  /** What appears for an activity, and goes. */
  const say = (activity: string): string => `\r\x1b[K${activity} …\r\x1b[K`;

  const cases = [
    { args: 'catalogue slow.mjs', activities: ['loads the modules'] },
    { args: 'rules slow.mjs', activities: ['loads the modules'] },
    {
      args: "check slow.mjs --rules 'rules.yml'",
      activities: ['loads the modules', 'reads the files', 'checks the expressions'],
    },
  ];

  it('says what it does, and takes it away at its end', async () => {
    const written = await Promise.all(cases.map(({ args }) => runOnTerminal(args)));
    expect(written).to.deep.equal(cases.map(({ activities }) => activities.map(say).join('')));
  });

  it('says which step of the doctor waits', async () => {
    const server = createServer((_, response) => setTimeout(() => response.writeHead(404).end(), 2500));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const written = await runOnTerminal(`doctor --metrics http://127.0.0.1:${port}/metrics`);
      expect(written).to.contain(say('checks endpoint')).and.to.match(/\[K$/);
    } finally {
      server.close();
    }
  });
});
