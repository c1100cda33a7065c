import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = join(root, 'dist/lib/cli/main.js');

const module = `
import { Counter, defineGauge, instrumentFunction } from ${JSON.stringify(pathToFileURL(join(root, 'dist/lib/index.js')).href)};
export const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: { limit: 10 } } });
const hidden = instrumentFunction(JSON.parse, Counter({ name: 'parses_total', help: 'Parses' }));
export const keepsRunning = setInterval(() => hidden, 1000);
`;

describe('flowplane-metrics catalogue', () => {
  let folder: string;
  let services: string;

  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });
    return { status, stdout, stderr };
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
    services = join(folder, 'services.mjs');
    writeFileSync(services, module);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints the annotated and exported families of a module, even when the module keeps running', () => {
    const { status, stdout, stderr } = run('catalogue', 'services.mjs');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout.trim().split('\n').slice(2)).to.deep.equal([
      '| `depth` | gauge | `queue`: at most 10 | 12 |  | Depth |',
      '| `parses_total` | counter |  | 1 | `@Counter on function.parse` | Parses |',
    ]);
  });

  it('prints the families as JSON with --json', () => {
    const entries = JSON.parse(run('catalogue', services, '--json').stdout) as { name: string }[];
    expect(entries.map(({ name }) => name)).to.deep.equal(['depth', 'parses_total']);
  });

  it('fails with --check when a file differs, and prints the missing lines', () => {
    const { stdout } = run('catalogue', services);
    const file = join(folder, 'METRICS.md');
    writeFileSync(file, `# Metrics\r\n\r\n${stdout.replaceAll('\n', '\r\n')}\r\nMore.\r\n`);
    expect(run('catalogue', services, '--check', file)).to.deep.equal({ status: 0, stdout: '', stderr: '' });

    writeFileSync(file, stdout.replace('at most 10', 'at most 11'));
    const drifted = run('catalogue', services, '--check', file);
    expect(drifted.status).to.equal(1);
    expect(drifted.stderr).to.contain(`${file}: the catalogue is not up to date (it lacks:\n| \`depth\``);

    writeFileSync(file, `${stdout}| \`gone\` | gauge |  | 1 |  | Gone |\n`);
    expect(run('catalogue', services, '--check', file))
      .to.include({ status: 1 })
      .and.property('stderr')
      .contains('further rows');
  });

  for (const [args, message] of [
    [['catalogue'], 'catalogue: a module is missing'],
    [['catalogue', 'nowhere.mjs'], 'nowhere.mjs'],
    [['catalogue', 'services.mjs', '--jsn'], '--jsn'],
    [['catalog'], 'command "catalog" is unknown (known: catalogue'],
  ] as const) {
    it(`exits with 2 and names the problem: ${args.join(' ')}`, () => {
      const { status, stderr } = run(...args);
      expect(status).to.equal(2);
      expect(stderr).to.contain(message);
    });
  }

  it('lists the commands of the program', () => {
    expect(run('--help').stdout).to.contain('catalogue <module>… [--json] [--check <file>]');
  });
});
