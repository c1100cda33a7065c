import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const lib = new URL('../../lib/', import.meta.url);

/** A service in which one decorated method returns the promise of another one. */
const program = (patch: string) => `
${patch}
const { attachRecorder, InFlight, instrumentMethod, outcome, Timed } = await import('${new URL('index.js', lib)}');
const { MemoryRecorder } = await import('${new URL('testing/index.js', lib)}');

class Service {
  outer(fails) { return this.inner(fails); }
  async inner(fails) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    now += 3;
    if (fails) throw new Error('failed');
    return 7;
  }
  special() { return Object.assign(Promise.resolve(1), { child: {} }); }
}
let now = 0;
const labels = { outcome };
const recorder = new MemoryRecorder({ strict: true, clock: () => now });
instrumentMethod(Service.prototype, 'outer', Timed({ name: 'outer_seconds', help: 'Duration', labels }), InFlight({ name: 'open', help: 'Open' }));
instrumentMethod(Service.prototype, 'inner', Timed({ name: 'inner_seconds', help: 'Duration', labels }));
instrumentMethod(Service.prototype, 'special', Timed({ name: 'special_seconds', help: 'Duration' }));
const service = attachRecorder(new Service(), recorder);
const call = service.outer(false);
const seen = [recorder.value('open'), await call];
seen.push(await service.outer(true).catch(({ message }) => message), 'child' in service.special());
for (const name of ['outer_seconds_sum', 'inner_seconds_sum']) {
  for (const outcome of ['success', 'error']) seen.push(recorder.value(name, { outcome }));
}
console.log(JSON.stringify([...seen, recorder.value('open')]));
`;

const patches = [
  ['zone.js 0.16', 'zone.js@0.16.3', "await import('zone.js');"],
  ['zone.js 0.15', 'zone.js@0.15.1', "await import('zone.js');"],
  ['zone.js 0.13', 'zone.js@0.13.3', "await import('zone.js');"],
  ['bluebird', 'bluebird@3.7.2', "globalThis.Promise = (await import('bluebird')).default;"],
] as const;

describe('A promise of a class that has replaced the global Promise', function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patched-promise-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [title, specifier, patch] of patches) {
    it(`completes a call when it settles, and stays the same where it has properties of its own: ${title}`, () => {
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      writeFileSync(join(folder, 'main.js'), program(patch));
      execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', specifier], { cwd: folder });
      const output = execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' });
      expect(JSON.parse(output)).to.deep.equal([1, 7, 'failed', true, 3, 3, 3, 3, 0]);
    });
  }
});
