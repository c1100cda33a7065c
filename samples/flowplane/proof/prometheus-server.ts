import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUntil } from '../control-plane/testing/read-until.js';
import { Program } from '../monitoring/program.js';

/** One series of an answer: `value` for an instant query, `values` for a range. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
  readonly values: readonly (readonly [time: number, value: string])[];
}

/** A real Prometheus on a free port. */
export class PrometheusServer {
  private constructor(
    readonly url: string,
    /** The warnings and errors in its log. */
    readonly problems: readonly string[],
    private readonly program: Program,
    private readonly folder: string,
  ) {}

  /** Starts a Prometheus that scrapes one target each second. */
  static async start(metricsUrl: string): Promise<PrometheusServer> {
    const job = { job_name: 'flowplane', scrape_interval: '1s', scrape_timeout: '1s' };
    const targets = [{ targets: [new URL(metricsUrl).host] }];
    const config = JSON.stringify({ scrape_configs: [{ ...job, static_configs: targets }] });
    return PrometheusServer.startIn(mkdtempSync(join(tmpdir(), 'prometheus-')), config);
  }

  /** Starts with a configuration whose relative paths begin in the folder. `stop()` removes the folder. */
  static async startIn(
    folder: string,
    config: string,
    { command = 'prometheus', flags = [] }: { readonly command?: string; readonly flags?: readonly string[] } = {},
  ): Promise<PrometheusServer> {
    writeFileSync(join(folder, 'prometheus.yml'), config);
    let url = '';
    const problems: string[] = [];
    const program = await Program.start({
      name: 'Prometheus',
      command: [
        command,
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        '--web.listen-address=127.0.0.1:0',
        ...flags,
      ],
      healthUrl: (line) => {
        const address = /msg="Listening on".* address=(\S+)/.exec(line)?.[1];
        if (address === undefined) return undefined;
        url = `http://${address}`;
        return `${url}/-/ready`;
      },
      onProblem: (line) => problems.push(line),
    });
    return new PrometheusServer(url, problems, program, folder);
  }

  /** The result of an instant query, now or at a time in seconds. */
  async query(promql: string, time?: number): Promise<Series[]> {
    const parameters = new URLSearchParams({ query: promql, ...(time === undefined ? {} : { time: String(time) }) });
    const response = await fetch(`${this.url}/api/v1/query?${parameters}`, { headers: { connection: 'close' } });
    const { data, error } = (await response.json()) as { data?: { result: Series[] }; error?: string };
    if (data === undefined) throw new Error(`${promql}: ${error}`);
    return data.result;
  }

  /** The value of the first series of a query. */
  async value(promql: string, time?: number): Promise<number | undefined> {
    const [series] = await this.query(promql, time);
    return series === undefined ? undefined : Number(series.value[1]);
  }

  /** Repeats a query until it has this value, for at most 60 seconds. Returns the last value. */
  valueUntil(promql: string, expected: number): Promise<number | undefined> {
    return readUntil(() => this.value(promql), expected);
  }

  async stop(): Promise<void> {
    await this.program.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
