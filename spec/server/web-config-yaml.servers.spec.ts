import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { PrometheusRecorder } from '../../lib/index.js';
import { MetricsServer } from '../../lib/server/metrics-server.js';
import { needs } from '../needs.js';
import { Certificates, texts } from './certificates.js';
import { spelledFields, spellings } from './yaml-spellings.js';

describe('a web-config.yml, compared with promtool of Debian', function () {
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
    it(`is accepted or refused as by Prometheus 2.42, for ${Object.keys(spellings).length} spellings of ${field}`, async () => {
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
});
