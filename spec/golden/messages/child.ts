import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { packageFolder, shipped } from '../entries.js';
import type { Cases } from './cases.js';

// Why a process of its own: a second copy of the package is seen by every recorder of its process.
const script = `
  import { MetricsServer } from 'flowplane-metrics/koa';
  import { PrometheusRecorder } from 'flowplane-metrics';
  import { pathToFileURL } from 'node:url';

  const said = {};
  const hash = '$2y$10$' + 'a'.repeat(53);
  const attempts = {
    'koa is not installed': {},
    'yaml is not installed': { webConfigFile: 'package.json' },
    '@node-rs/bcrypt is not installed': { basicAuthUsers: { ada: hash } },
  };
  for (const [name, options] of Object.entries(attempts)) {
    const listening = new MetricsServer(new PrometheusRecorder(), { port: 0, processMetrics: false, ...options }).listen();
    await listening.catch(({ code, message }) => { said[name] = code + ': ' + message; });
  }
  const process = new PrometheusRecorder({
    processMetrics: true,
    onAdvice: ({ code, message }) => { said['prom-client cannot be used'] = code + ': ' + message; },
  });
  for (let turn = 0; turn < 100_000 && !('prom-client cannot be used' in said); turn++) await new Promise(setImmediate);
  const copy = await import(pathToFileURL('copy/index.mjs').href);
  const onAdvice = ({ code, message }) => { said['the package is loaded twice'] = code + ': ' + message; };
  new copy.PrometheusRecorder({ onAdvice }).open(copy.defineGauge({ name: 'a', help: 'A' }));
  console.log(JSON.stringify(said));`;

/** What is said where packages are missing or doubled: in a folder that has this library, twice, and a client that fails. */
export async function packageMessages(): Promise<Cases> {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  try {
    const filter = (path: string) => !path.endsWith('.map');
    for (const copy of [relative(packageFolder, shipped), 'copy'])
      cpSync(shipped, join(folder, copy), { recursive: true, filter });
    cpSync(join(packageFolder, 'package.json'), join(folder, 'package.json'));
    mkdirSync(join(folder, 'node_modules/prom-client'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/prom-client/index.js'), "throw new Error('no memory');");
    const given = ['--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, given, { cwd: folder });
    const said = JSON.parse(stdout) as Record<string, string>;
    return Object.fromEntries(Object.entries(said).map(([name, message]) => [name, () => message]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
