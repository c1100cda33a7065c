import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** The specs of what a server promises, wherever it runs. */
const specs = [
  'access/addresses',
  'access/credentials',
  'server/certificate-dates',
  'server/configured-headers',
  'server/endpoint-metrics',
  'server/faults',
  'server/landing-page',
  'server/lifecycle',
  'server/load',
  'server/scrape-timeouts',
  'server/termination',
  'server/tls',
  'server/web-config',
];

// Why here and not beside each spec: a thread for each server of them takes longer than all other specs of servers together.
describe('A metrics server in a thread of its own, as without one', function () {
  this.timeout(600_000);

  for (const spec of specs) {
    it(`keeps what ${spec}.spec.ts promises`, async () => {
      const args = ['--no-config', '--timeout', '120000', '--node-option', 'expose-gc', '--reporter', 'json'];
      const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
      const env = { ...process.env, FLOWPLANE_SPEC_IN_THREAD: '1' };
      const { stdout } = await run(process.execPath, [mocha, ...args, `dist/spec/${spec}.spec.js`], {
        cwd: root,
        env,
        maxBuffer: 64 * 1024 * 1024,
      }).catch((error: { readonly stdout: string }) => error);
      const { stats, failures } = JSON.parse(stdout.slice(stdout.indexOf('{\n  "stats"')));
      expect(failures.map(({ fullTitle, err }: never) => [fullTitle, (err as Error).message])).to.deep.equal([]);
      expect(stats.passes).to.be.above(0);
    });
  }
});
