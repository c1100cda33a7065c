import { spawnSync } from 'node:child_process';
import type { Context } from 'mocha';

/** Skips a spec, with the reason, where a program is not installed. Under CI=true a missing program is a failure. */
export function needs(context: Context, program: string, log = console.log): void {
  if (spawnSync(program, ['--version']).status === 0) return;
  if (process.env['CI'] === 'true') throw new Error(`${program} is not installed, and CI must have it`);
  log(`      skipped: ${program} is not installed`);
  context.skip();
}
