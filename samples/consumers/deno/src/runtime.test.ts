import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';

const program = `
class Bakery {
  @((_target: unknown, given: unknown) => console.log(typeof given === 'object' ? 'standard' : 'experimental'))
  bake(): void {}
}
new Bakery();
`;

/** Which decorators Deno takes in a folder with these files. */
function modeWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'deno-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    writeFileSync(join(folder, 'program.ts'), program);
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: ['run', '--no-lock', '--no-check', 'program.ts'],
      cwd: folder,
    }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const experimental = { compilerOptions: { experimentalDecorators: true } };

Deno.test('deno.json decides on the decorators, or tsconfig.json beside a package.json', () => {
  assert.equal(modeWith({ 'deno.json': experimental }), 'experimental');
  assert.equal(modeWith({ 'package.json': {}, 'tsconfig.json': experimental }), 'experimental');
  assert.equal(modeWith({ 'tsconfig.json': experimental }), 'standard');
});

Deno.test('emitDecoratorMetadata alone changes nothing', () => {
  assert.equal(modeWith({ 'deno.json': { compilerOptions: { emitDecoratorMetadata: true } } }), 'standard');
});

Deno.test('An idle event loop has a delay of less than the resolution of its histogram', async () => {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  while (Number(delays.count) < 10) await setTimeout(20);
  delays.disable();
  assert.ok(delays.min / 1e6 < 5, `the least delay is ${delays.min / 1e6} ms`);
});
