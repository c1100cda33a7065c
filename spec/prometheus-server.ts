import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ListeningProcess } from './listening-process.js';

/** One series of an answer, with its value or its values. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
  readonly values: readonly (readonly [time: number, value: string])[];
}

/** A real Prometheus that scrapes one target each second. */
export class PrometheusServer {
  readonly #process: ListeningProcess;
  readonly #folder: string;

  private constructor(process: ListeningProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  static async start(metricsUrl: string, command = 'prometheus'): Promise<PrometheusServer> {
    const target = new URL(metricsUrl).host;
    return PrometheusServer.startIn(
      mkdtempSync(join(tmpdir(), 'prometheus-')),
      `scrape_configs: [{ job_name: flowplane, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['${target}'] }] }]\n`,
      command,
    );
  }

  /**
   * Starts with this configuration, whose relative paths begin in the folder. The folder is removed when it stops.
   *
   * @param command `prometheus`, which is version 2 on Debian 12, or `prometheus-3`.
   * @param flags beside those of every server here, e.g. `--enable-feature=exemplar-storage`.
   */
  static async startIn(
    folder: string,
    config: string,
    command = 'prometheus',
    flags: readonly string[] = [],
  ): Promise<PrometheusServer> {
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const server = await ListeningProcess.start(command, [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      '--web.listen-address=127.0.0.1:0',
      ...flags,
    ]);
    while (!(await fetch(`${server.url}/-/ready`, { headers: { connection: 'close' } })).ok) await wait(50);
    return new PrometheusServer(server, folder);
  }

  get url(): string {
    return this.#process.url;
  }

  /** What it has logged. */
  get log(): readonly string[] {
    return this.#process.log;
  }

  /** What an instant query gives, now or at the given time in seconds. */
  async query(promql: string, time?: number): Promise<Series[]> {
    const parameters = new URLSearchParams({ query: promql, ...(time === undefined ? {} : { time: String(time) }) });
    const response = await fetch(`${this.#process.url}/api/v1/query?${parameters}`, {
      headers: { connection: 'close' },
    });
    const { data, error } = (await response.json()) as { data?: { result: Series[] }; error?: string };
    if (data === undefined) throw new Error(`${promql}: ${error}`);
    return data.result;
  }

  /** The value of a query with one series. */
  async value(promql: string, time?: number): Promise<number | undefined> {
    const [series] = await this.query(promql, time);
    return series === undefined ? undefined : Number(series.value[1]);
  }

  /** Asks until the query has this value, for at most 20 seconds; gives the last answer. */
  async until(promql: string, expected: number): Promise<number | undefined> {
    const deadline = Date.now() + 20_000;
    let value = await this.value(promql);
    while (value !== expected && Date.now() < deadline) {
      await wait(100);
      value = await this.value(promql);
    }
    return value;
  }

  /** What the last scrape of each job, or of each instance, has failed with; the empty text where it has not. */
  async targets(by: 'job' | 'instance' = 'job'): Promise<Map<string, string>> {
    const response = await fetch(`${this.#process.url}/api/v1/targets`, {
      headers: { connection: 'close' },
    });
    const { data } = (await response.json()) as {
      data: { activeTargets: { labels: Record<string, string>; lastError: string }[] };
    };
    return new Map(data.activeTargets.map(({ labels, lastError }) => [labels[by] ?? '', lastError]));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
