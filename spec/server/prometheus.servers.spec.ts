import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { parse, stringify } from 'yaml';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { Certificates } from './certificates.js';

const guide = readFileSync(new URL('../../../docs/guides/securing-the-endpoint.md', import.meta.url), 'utf8');
// Why below dist/: there the package's own name leads to the package.
const folder = fileURLToPath(new URL('../../readme-serving', import.meta.url));

/** The text of a file that the guide shows. */
function shown(file: string): string {
  const text = new RegExp(`^\`\`\`\\w+[^\\n]*\\n(?:#|//) ${file}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide)?.[1];
  if (text === undefined) throw new Error(`the guide shows no ${file}`);
  return text;
}

/** What each protection has beside the files that the guide shows, and which part of Prometheus' side gets it in. */
interface Protection {
  readonly name: string;
  readonly key: readonly string[];
  readonly status: number;
  prepare(path: string): void;
}

const protections: readonly Protection[] = [
  {
    name: 'password',
    key: ['basic_auth'],
    status: 401,
    prepare: (path) => {
      writeFileSync(join(path, 'web-config.yml'), shown('password/web-config.yml'));
      writeFileSync(join(path, 'password'), 'fakepassword');
    },
  },
  {
    name: 'token',
    key: ['authorization'],
    status: 401,
    prepare: (path) => {
      const tokens = shown('tokens.txt');
      writeFileSync(join(path, 'tokens.txt'), tokens);
      writeFileSync(join(path, 'token'), tokens.trim().split('\n').at(-1) ?? '');
    },
  },
  {
    name: 'certificate',
    key: ['cert_file', 'key_file'],
    status: 403,
    prepare: (path) => {
      writeFileSync(join(path, 'web-config.yml'), shown('certificate/web-config.yml'));
      const made = new Certificates();
      const ca = made.authority('ca');
      const server = made.signed('server', ca);
      const client = made.signed('prometheus', ca, 'DNS:prometheus.internal');
      for (const { certFile, keyFile } of [ca, server, client]) {
        for (const file of [certFile, keyFile]) copyFileSync(file, join(path, file.slice(made.folder.length)));
      }
      made.remove();
    },
  },
];

/** The program that the guide shows for a token, or what `MetricsServer` is by the environment alone. */
function program(path: string, name: string): string {
  const inFile =
    "import { MetricsServer } from 'flowplane-metrics/koa';\nimport { PrometheusRecorder } from 'flowplane-metrics';\nconst server = new MetricsServer(new PrometheusRecorder(), { keepAlive: true });\nconsole.log((await server.listen()).url);\n";
  const source = name === 'token' ? shown('token.ts') : inFile;
  const file = join(path, 'program.mjs');
  writeFileSync(file, ts.transpile(source, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }));
  return file;
}

async function start(path: string, name: string): Promise<{ running: ChildProcess; url: string }> {
  const webConfig = name === 'token' ? {} : { FLOWPLANE_METRICS_WEB_CONFIG_FILE: 'web-config.yml' };
  const running = spawn(process.execPath, [program(path, name)], {
    cwd: path,
    env: { ...process.env, ...webConfig, FLOWPLANE_METRICS_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: running.stdout }), 'line');
  return { running, url };
}

/** The file that the guide shows for Prometheus, on the server's port, and beside it a job that has not what it takes. */
function prometheusConfig({ name, key }: Protection, url: string): string {
  const text = shown(`${name}/prometheus.yml`).replace('127.0.0.1:9090', new URL(url).host);
  const without = structuredClone(parse(text).scrape_configs[0]);
  without.job_name = 'without';
  for (const one of key) {
    delete without[one];
    delete without.tls_config?.[one];
  }
  const indented = stringify([without]).replace(/^/gm, '  ').trimEnd();
  return `global: { scrape_interval: 1s, scrape_timeout: 1s }\n${text}${indented}\n`;
}

describe('A real Prometheus', () => {
  before(function () {
    needs(this, 'prometheus');
    needs(this, 'openssl');
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('accepts the alerts that the guide to the endpoint shows', function () {
    needs(this, 'promtool');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'alerts.yml');
    writeFileSync(file, shown('alerts.yml'));
    expect(execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })).to.contain(
      'SUCCESS: 2 rules found',
    );
  });

  for (const protection of protections) {
    it(`scrapes with the ${protection.name} as the guide shows it, and fails without it`, async () => {
      const path = join(folder, protection.name);
      mkdirSync(path, { recursive: true });
      protection.prepare(path);
      const { running, url } = await start(path, protection.name);
      let prometheus: PrometheusServer | undefined;
      try {
        prometheus = await PrometheusServer.startIn(path, prometheusConfig(protection, url));
        expect(await prometheus.until('up{job="flowplane"}', 1)).to.equal(1);
        expect(await prometheus.until('up{job="without"}', 0)).to.equal(0);
        const targets = await prometheus.targets();
        expect(targets.get('flowplane')).to.equal('');
        expect(targets.get('without')).to.contain(`server returned HTTP status ${protection.status}`);
      } finally {
        await prometheus?.stop();
        running.kill('SIGTERM');
        await once(running, 'exit');
      }
    });
  }

  for (const drain of [true, false]) {
    it(`${drain ? 'stores' : 'misses'} what is counted as the process ends, ${drain ? 'with' : 'without'} the option drain`, async () => {
      const path = join(folder, `drain-${drain}`);
      mkdirSync(path, { recursive: true });
      const script = `
        import { defineCounter } from 'flowplane-metrics';
        import { serveMetrics } from 'flowplane-metrics/serve';
        const { recorder, url } = await serveMetrics({ port: 0, keepAlive: true, drain: ${drain} });
        const saved = recorder.counter(defineCounter({ name: 'saved_total', help: 'Saved', initial: [{}] }));
        process.on('SIGTERM', () => {
          saved.inc({}, 5);
          if (!${drain}) process.exit();
        });
        console.log(url);`;
      const running = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
      const [url] = await once(createInterface({ input: running.stdout }), 'line');
      const prometheus = await PrometheusServer.startIn(
        path,
        `scrape_configs: [{ job_name: flowplane, scrape_interval: 1s, static_configs: [{ targets: ['${new URL(url).host}'] }] }]`,
      );
      try {
        expect(await prometheus.until('saved_total', 0)).to.equal(0);
        const ended = once(running, 'exit');
        running.kill('SIGTERM');
        await ended;
        // Once it is known to be gone, nothing more can come.
        expect(await prometheus.until('up', 0)).to.equal(0);
        expect(await prometheus.value('max_over_time(saved_total[1m])')).to.equal(drain ? 5 : 0);
      } finally {
        await prometheus.stop();
      }
    });
  }
});
