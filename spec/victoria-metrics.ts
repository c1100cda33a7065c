import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { until } from './until.js';

/** A real VictoriaMetrics on one node, which scrapes what its configuration says. */
export class VictoriaMetrics {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#process = child;
    this.url = url;
    this.#folder = folder;
  }

  /**
   * @param command `victoria-metrics`, or `victoria-metrics-next` for the version of Debian's next release.
   * @param flags beside those of every server here.
   */
  static async start(
    config: string,
    command = 'victoria-metrics',
    flags: readonly string[] = [],
  ): Promise<VictoriaMetrics> {
    const folder = mkdtempSync(join(tmpdir(), 'victoria-metrics-'));
    const file = join(folder, 'scrape.yml');
    writeFileSync(file, `${config}\n`);
    // Why looked for: VictoriaMetrics does not say which port it has chosen.
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `-httpListenAddr=${address}`,
      `-storageDataPath=${join(folder, 'data')}`,
      `-promscrape.config=${file}`,
      '-retentionPeriod=1',
      // Why: without it a sample shows after 30 seconds.
      '-search.latencyOffset=0s',
      ...flags,
    ];
    // Why its log is not kept: it writes a line for each flush, and waits for ever where nobody reads a full pipe.
    const child = spawn(command, args, { stdio: 'ignore' });
    const server = new VictoriaMetrics(child, `http://${address}`, folder);
    await until(async () => (await server.ask('/health'))?.ok ?? false);
    return server;
  }

  /** Its answer, or undefined where there is none within five seconds. */
  ask(path: string): Promise<Response | undefined> {
    const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) };
    return fetch(`${this.url}${path}`, options).catch(() => undefined);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
