import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitoringFolder } from '../monitoring/paths.js';
import { type ExposedSample, formatSample } from './exposition-text.js';
import { PrometheusServer } from './prometheus-server.js';

/** Hours per block. A Prometheus with a retention of 15 days compacts its two-hour blocks into blocks of this length. */
const blockHours = 18;

/** Scrapes with times of their own, from which promtool makes a Prometheus that has scraped for hours. */
export class Backfill {
  readonly #folder = mkdtempSync(join(tmpdir(), 'backfill-'));
  readonly #data = join(this.#folder, 'data');
  /** One file per block. Why: promtool reads the whole file once for each block. */
  readonly #files = new Set<string>();

  addScrape(time: number, samples: readonly ExposedSample[]): void {
    const file = join(this.#folder, `${Math.floor(time / 3600 / blockHours)}.om`);
    this.#files.add(file);
    appendFileSync(file, samples.map((sample) => `${formatSample(sample, time)}\n`).join(''));
  }

  /** Starts a Prometheus with the scrapes. */
  async startPrometheus(): Promise<PrometheusServer> {
    this.#createBlocks();
    return this.#startIn(this.#folder);
  }

  /** Starts a Prometheus with the scrapes and with the results of the recording rules from start to end. */
  async startPrometheusWithRules(start: number, end: number): Promise<PrometheusServer> {
    this.#createBlocks();
    // Why a copy of the blocks: a Prometheus removes its folder when it stops.
    const copy = mkdtempSync(join(tmpdir(), 'backfill-'));
    cpSync(this.#data, join(copy, 'data'), { recursive: true });
    const raw = await this.#startIn(copy);
    try {
      const times = [`--start=${start}`, `--end=${end}`, '--eval-interval=10s'];
      const rest = [`--url=${raw.url}`, `--output-dir=${this.#data}`, join(monitoringFolder, 'rules/recording.yml')];
      execFileSync('promtool', ['tsdb', 'create-blocks-from', 'rules', ...times, ...rest], { stdio: 'pipe' });
    } finally {
      await raw.stop();
    }
    return this.#startIn(this.#folder);
  }

  #createBlocks(): void {
    const command = ['create-blocks-from', `--max-block-duration=${blockHours}h`];
    for (const file of this.#files) {
      appendFileSync(file, '# EOF\n');
      execFileSync('promtool', ['tsdb', ...command, 'openmetrics', '--quiet', file, this.#data]);
    }
  }

  #startIn(folder: string): Promise<PrometheusServer> {
    // Why once a day: the specs read the rules from Prometheus, but new results must not mix with the backfilled ones.
    const rules = join(monitoringFolder, 'rules/*ing.yml');
    return PrometheusServer.startIn(folder, `global: { evaluation_interval: 1d }\nrule_files: ['${rules}']\n`);
  }
}
