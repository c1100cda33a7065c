import { expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { serveMetrics } from 'flowplane-metrics/serve';

/** Runs with a folder of its own, which it removes. */
async function withFolder(run: (folder: string) => unknown): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bun-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  [true, 'experimental 1\n'],
  [false, 'standard 1\n'],
])(
  'the tsconfig.json of the current folder decides on the decorators, and both kinds count: %p',
  (experimentalDecorators, printed) =>
    withFolder((folder) => {
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { experimentalDecorators } }));
      const program = join(import.meta.dir, 'decorator-mode.ts');
      expect(execFileSync(process.execPath, [program], { cwd: folder, encoding: 'utf8' })).toBe(printed);
    }),
);

test('a server that requests certificates refuses every client, and says so at its start', () =>
  withFolder(async (folder) => {
    const openssl = (...given: string[]) => execFileSync('openssl', given, { cwd: folder, stdio: 'pipe' });
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '90'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'key.pem', '-out', 'cert.pem', ...subject);
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const advice: string[] = [];
    const { url, close } = await serveMetrics({
      port: 0,
      tls: { certFile, keyFile, clientCaFile: certFile, clientAuthType: 'RequireAndVerifyClientCert' },
      onAdvice: ({ message }) => advice.push(message),
    });
    const [cert, own] = [readFileSync(certFile), readFileSync(keyFile)];
    const status = await new Promise((resolve, reject) => {
      get(url, { ca: cert, cert, key: own }, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    await close();
    expect(status).toBe(403);
    expect(advice).toEqual([expect.stringContaining(`every client is refused (given Bun ${Bun.version},`)]);
  }));

test('an idle event loop has a delay of less than the resolution of its histogram', async () => {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  while (Number(delays.count) < 10) await setTimeout(20);
  delays.disable();
  expect(delays.min / 1e6).toBeLessThan(5);
});
