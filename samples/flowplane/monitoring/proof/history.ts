import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrometheusServer } from '../../../../spec/prometheus-server.js';
import { monitoring } from '../files.js';
import { type ExposedSample, stamped } from './exposition-text.js';

/** How long a block is that a Prometheus with a retention of 15 days makes, in time, of those of two hours. */
const blockHours = 18;

/** Scrapes that are kept under times of their own, and become a Prometheus that has scraped for hours. */
export class History {
  readonly #folder = mkdtempSync(join(tmpdir(), 'history-'));
  readonly #data = join(this.#folder, 'data');
  /** A file for each block. Why: promtool reads a file as often as it makes blocks of it. */
  readonly #files = new Set<string>();

  /** Adds a scrape. */
  add(time: number, samples: readonly ExposedSample[]): void {
    const file = join(this.#folder, `${Math.floor(time / 3600 / blockHours)}.om`);
    this.#files.add(file);
    appendFileSync(file, samples.map((sample) => `${stamped(sample, time)}\n`).join(''));
  }

  /** A Prometheus with all of this. */
  async serve(): Promise<PrometheusServer> {
    this.#makeBlocks();
    return this.#prometheus(this.#folder);
  }

  /** A Prometheus with all of this, and with the sample's recording rules computed from start to end. */
  async serveWithRules(start: number, end: number): Promise<PrometheusServer> {
    this.#makeBlocks();
    // Why a copy of the blocks: it removes its folder when it stops.
    const copy = mkdtempSync(join(tmpdir(), 'history-'));
    cpSync(this.#data, join(copy, 'data'), { recursive: true });
    const raw = await this.#prometheus(copy);
    try {
      const times = [`--start=${start}`, `--end=${end}`, '--eval-interval=10s'];
      const to = [`--url=${raw.url}`, `--output-dir=${this.#data}`, join(monitoring, 'rules/recording.yml')];
      execFileSync('promtool', ['tsdb', 'create-blocks-from', 'rules', ...times, ...to], { stdio: 'pipe' });
    } finally {
      await raw.stop();
    }
    return this.#prometheus(this.#folder);
  }

  #makeBlocks(): void {
    const blocks = ['create-blocks-from', `--max-block-duration=${blockHours}h`];
    for (const file of this.#files) {
      appendFileSync(file, '# EOF\n');
      execFileSync('promtool', ['tsdb', ...blocks, 'openmetrics', '--quiet', file, this.#data]);
    }
  }

  #prometheus(folder: string): Promise<PrometheusServer> {
    // Why so seldom: the rules are there to be read by the spec; what they would record now is not of this history.
    const rules = join(monitoring, 'rules/*ing.yml');
    return PrometheusServer.startIn(folder, `global: { evaluation_interval: 1d }\nrule_files: ['${rules}']\n`);
  }
}
