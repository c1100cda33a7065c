import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
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

  /** Starts a Prometheus of each version with the scrapes and with the results of the recording rules from start to end. */
  async startEachWithRules(
    commands: readonly string[],
    start: number,
    end: number,
  ): Promise<Map<string, PrometheusServer>> {
    this.#createBlocks();
    const raw = await this.#startIn(this.#copy());
    try {
      const times = [`--start=${start}`, `--end=${end}`, '--eval-interval=10s'];
      const rest = [`--url=${raw.url}`, `--output-dir=${this.#data}`, join(monitoringFolder, 'rules/recording.yml')];
      execFileSync('promtool', ['tsdb', 'create-blocks-from', 'rules', ...times, ...rest], { stdio: 'pipe' });
    } finally {
      await raw.stop();
    }
    const servers = new Map<string, PrometheusServer>();
    try {
      for (const command of commands) servers.set(command, await this.#startIn(this.#copy(), command));
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
    return servers;
  }

  /** Copies the blocks. Why: a Prometheus locks its folder, and removes it when it stops. */
  #copy(): string {
    const copy = mkdtempSync(join(tmpdir(), 'backfill-'));
    cpSync(this.#data, join(copy, 'data'), { recursive: true });
    return copy;
  }

  #createBlocks(): void {
    const command = ['create-blocks-from', `--max-block-duration=${blockHours}h`];
    for (const file of this.#files) {
      appendFileSync(file, '# EOF\n');
      execFileSync('promtool', ['tsdb', ...command, 'openmetrics', '--quiet', file, this.#data]);
    }
  }

  #startIn(folder: string, command = 'prometheus'): Promise<PrometheusServer> {
    // Why once a day: the specs read the rules from Prometheus, but new results must not mix with the backfilled ones.
    const rules = join(monitoringFolder, 'rules/*ing.yml');
    const config = `global: { evaluation_interval: 1d }\nrule_files: ['${rules}']\n`;
    return PrometheusServer.startIn(folder, config, { command });
  }
}
