import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** One series of an answer, with its value or its values. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
  readonly values: readonly (readonly [time: number, value: string])[];
}

/** What a Prometheus is started with. */
export interface PrometheusOptions {
  readonly configFile: string;
  /** A folder with blocks to begin with. */
  readonly dataFolder?: string;
  readonly flags?: readonly string[];
}

/** A real Prometheus on a free port. */
export class PrometheusServer {
  readonly url: string;
  /** What it has logged. */
  readonly log: string[];
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, url: string, log: string[]) {
    this.#process = child;
    this.#folder = folder;
    this.url = url;
    this.log = log;
  }

  /** One that scrapes one target each second. */
  static async start(metricsUrl: string): Promise<PrometheusServer> {
    const { host } = new URL(metricsUrl);
    return PrometheusServer.configured(
      `scrape_configs: [{ job_name: flowplane, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['${host}'] }] }]`,
    );
  }

  /** One with the configuration that is given as text. */
  static async configured(config: string, flags: readonly string[] = []): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const configFile = join(folder, 'prometheus.yml');
    writeFileSync(configFile, `${config}\n`);
    return PrometheusServer.#run({ configFile, flags }, folder);
  }

  static async run(options: PrometheusOptions): Promise<PrometheusServer> {
    return PrometheusServer.#run(options, mkdtempSync(join(tmpdir(), 'prometheus-')));
  }

  static async #run(options: PrometheusOptions, folder: string): Promise<PrometheusServer> {
    const child = spawn('prometheus', [
      `--config.file=${options.configFile}`,
      `--storage.tsdb.path=${options.dataFolder ?? `${folder}/data`}`,
      '--web.listen-address=127.0.0.1:0',
      ...(options.flags ?? []),
    ]);
    const log: string[] = [];
    const lines = createInterface({ input: child.stderr });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`prometheus ended:\n${log.join('\n')}`)));
      lines.on('line', (line) => {
        log.push(line);
        const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(`http://${address}`);
      });
    });
    while (!(await fetch(`${url}/-/ready`, { headers: { connection: 'close' } })).ok) await wait(50);
    return new PrometheusServer(child, folder, url, log);
  }

  /** What an instant query gives, now or at the given time in seconds. */
  async query(promql: string, time?: number): Promise<Series[]> {
    const parameters = new URLSearchParams({ query: promql, ...(time === undefined ? {} : { time: String(time) }) });
    const response = await fetch(`${this.url}/api/v1/query?${parameters}`, { headers: { connection: 'close' } });
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

  async stop(): Promise<void> {
    this.#process.removeAllListeners('exit');
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
