import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../free-ports.js';
import { until } from '../until.js';

const stack = fileURLToPath(new URL('stack.js', import.meta.url));

/** The ports of a stack, by what listens there. */
export type Ports = Readonly<Record<'api' | 'xds' | 'metrics' | 'prometheus' | 'grafana', string>>;

/** For specs: `npm run stack` on free ports. */
export class StackProcess {
  readonly ports: Ports;
  readonly #process: ChildProcess;
  readonly exit: Promise<[code: number | null, signal: string | null]>;
  readonly errors: Promise<string>;
  #said = '';

  private constructor(child: ChildProcess, ports: Ports) {
    this.#process = child;
    this.ports = ports;
    this.exit = once(child, 'exit') as Promise<[number | null, string | null]>;
    this.errors = text(child.stderr as NodeJS.ReadableStream);
    child.stdout?.on('data', (chunk) => {
      this.#said += chunk;
    });
  }

  /** @param path where programs are looked for. */
  static async start(path = process.env['PATH'] ?? ''): Promise<StackProcess> {
    const [api = '', xds = '', metrics = '', prometheus = '', grafana = ''] = await freePorts(5);
    const environment = {
      FLOWPLANE_API_PORT: api,
      FLOWPLANE_XDS_PORT: xds,
      FLOWPLANE_METRICS_PORT: metrics,
      FLOWPLANE_PROMETHEUS_PORT: prometheus,
      FLOWPLANE_GRAFANA_PORT: grafana,
      PATH: path,
    };
    const child = spawn(process.execPath, [stack], { env: { ...process.env, ...environment } });
    return new StackProcess(child, { api, xds, metrics, prometheus, grafana });
  }

  url(part: keyof Ports): string {
    return `http://127.0.0.1:${this.ports[part]}`;
  }

  /** Whether it says, within 30 seconds, that it runs. */
  running(): Promise<boolean> {
    return until(() => this.#said.includes('Ctrl-C'), true);
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGINT');
    await this.exit;
  }
}
