import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrometheusServer } from '../../../../spec/prometheus-server.js';
import { monitoring } from '../files.js';
import { type ExposedSample, stamped } from './exposition-text.js';

/** Scrapes that are kept under times of their own, and become a Prometheus that has scraped for hours. */
export class History {
  readonly #folder = mkdtempSync(join(tmpdir(), 'history-'));
  readonly #file = join(this.#folder, 'history.om');
  readonly #data = join(this.#folder, 'data');

  /** Adds a scrape. */
  add(time: number, samples: readonly ExposedSample[]): void {
    appendFileSync(this.#file, samples.map((sample) => `${stamped(sample, time)}\n`).join(''));
  }

  /** A Prometheus with all of this, and with the sample's recording rules computed from start to end. */
  async serve(start: number, end: number, interval = '10s'): Promise<PrometheusServer> {
    appendFileSync(this.#file, '# EOF\n');
    // Blocks of a day, which is what Prometheus makes of those of two hours in time.
    const blocks = ['create-blocks-from', '--max-block-duration=24h'];
    execFileSync('promtool', ['tsdb', ...blocks, 'openmetrics', '--quiet', this.#file, this.#data]);
    const raw = await this.#prometheus(mkdtempSync(join(tmpdir(), 'history-')));
    try {
      const times = [`--start=${start}`, `--end=${end}`, `--eval-interval=${interval}`];
      const to = [`--url=${raw.url}`, `--output-dir=${this.#data}`, join(monitoring, 'rules/recording.yml')];
      execFileSync('promtool', ['tsdb', 'create-blocks-from', 'rules', ...times, ...to], { stdio: 'pipe' });
    } finally {
      await raw.stop();
    }
    return this.#prometheus(this.#folder);
  }

  /** One that has these blocks. Why a copy of them: it removes its folder when it stops. */
  #prometheus(folder: string): Promise<PrometheusServer> {
    if (folder !== this.#folder) cpSync(this.#data, join(folder, 'data'), { recursive: true });
    // Why so seldom: the rules are there to be read by the spec; what they would record now is not of this history.
    const rules = join(monitoring, 'rules/*ing.yml');
    return PrometheusServer.startIn(folder, `global: { evaluation_interval: 1d }\nrule_files: ['${rules}']\n`);
  }
}
