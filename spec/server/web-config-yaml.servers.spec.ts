import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import { expect } from 'chai';
import { PrometheusRecorder } from '../../lib/index.js';
import { MetricsServer } from '../../lib/server/metrics-server.js';
import { ListeningProcess } from '../listening-process.js';
import { needs } from '../needs.js';
import { ask, basic } from './ask.js';
import { Certificates, texts } from './certificates.js';
import { spelledFields, spellings } from './yaml-spellings.js';

describe('A web-config.yml, judged by promtool', function () {
  this.timeout(120_000);
  let made: Certificates;

  before(function () {
    needs(this, 'promtool');
    needs(this, 'openssl');
    made = new Certificates();
    const authority = made.authority('authority');
    const { cert, key } = texts(made.signed('server', authority));
    // Each text that a spelling stands for is the name of a file with certificate and key, found where the text is right.
    const names = Object.values(spellings).flatMap(({ text }) => (text ? [text] : []));
    for (const name of names) writeFileSync(join(made.folder, name), cert + key);
  });

  after(() => made?.remove());

  /** Whether promtool accepts each of these files, in their order. */
  function checkAll(files: readonly string[]): boolean[] {
    const { stdout, stderr } = spawnSync('promtool', ['check', 'web-config', ...files], { encoding: 'utf8' });
    const verdicts = new Map(
      [...`${stdout}\n${stderr}`.matchAll(/^(.+?\.yml) (SUCCESS|FAILED)/gm)].map(([, file, verdict]) => [
        file,
        verdict === 'SUCCESS',
      ]),
    );
    return files.map((file) => verdicts.get(file) as boolean);
  }

  async function starts(file: string): Promise<string> {
    const server = new MetricsServer(new PrometheusRecorder(), {
      port: 0,
      processMetrics: false,
      webConfigFile: file,
      onAdvice: () => undefined,
    });
    try {
      await server.listen();
    } catch (error) {
      return (error as Error).message;
    }
    await server.close();
    return 'starts';
  }

  for (const [field, { file, isOld, isOpenBy }] of Object.entries(spelledFields)) {
    if (!isOld) continue;
    it(`promtool and the server accept the same of ${Object.keys(spellings).length} spellings of ${field}`, async () => {
      const all = Object.entries(spellings).map(([spelling, reading], i) => {
        const path = join(made.folder, `${i}.yml`);
        writeFileSync(path, file(spelling));
        return { path, spelling, reading };
      });
      const verdicts = checkAll(all.map(({ path }) => path));
      for (const [i, { path, spelling, reading }] of all.entries()) {
        const ours = await starts(path);
        const what = `${field}: ${spelling} → ${ours}`;
        if (isOpenBy?.(reading)) {
          expect(ours, what).to.contain('must not be empty');
          expect(verdicts[i], what).to.equal(true);
        } else {
          expect(ours === 'starts', what).to.equal(verdicts[i]);
        }
      }
    });
  }

  it('Prometheus and the server let in the same users and send the same headers', async function () {
    needs(this, 'prometheus');
    const password = await hash('scrape me', { cost: 4, version: '2y' });
    const written = ['007', '0123', '1e3', 'on', 'y', 'no', '0x1f', '12_34', '2026-01-01', '.5', 'null', "'~'"];
    const file = join(made.folder, 'web-config.yml');
    writeFileSync(
      file,
      `basic_auth_users:
${written.map((name) => `  ${name}: ${password}\n`).join('')}http_server_config:
  headers:
    X-XSS-Protection: 0
    Strict-Transport-Security:
    X-Frame-Options: sameorigin
    Content-Security-Policy: |
      default-src 'self';
      img-src https://example.org/ä
`,
    );
    writeFileSync(join(made.folder, 'prometheus.yml'), '');
    const prometheus = await ListeningProcess.start('prometheus', [
      `--config.file=${made.folder}/prometheus.yml`,
      `--storage.tsdb.path=${made.folder}/data`,
      `--web.config.file=${file}`,
      '--web.listen-address=127.0.0.1:0',
    ]);
    const server = new MetricsServer(new PrometheusRecorder(), {
      port: 0,
      processMetrics: false,
      webConfigFile: file,
    });
    try {
      const { url } = await server.listen();
      const names = [
        ...written.map((name) => name.replace(/^(["'])(.*)\1$/, '$2')),
        '7',
        '83',
        '1000',
        'true',
        'false',
        '',
      ];
      for (const name of names) {
        const question = { headers: basic(name, 'scrape me') };
        const theirs = await ask(`${prometheus.url}/metrics`, question);
        const ours = await ask(url, question);
        expect({ name, status: ours.status }).to.deep.equal({ name, status: theirs.status });
        for (const header of Object.keys(ours.headers).filter((each) => /^(x-|strict|content-security)/.test(each))) {
          if (header === 'x-content-type-options') continue;
          expect(ours.headers[header], header).to.equal(theirs.headers[header]);
        }
      }
    } finally {
      await Promise.all([prometheus.stop(), server.close()]);
    }
  });
});
