import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readUntil } from '../../control-plane/testing/read-until.js';
import { freePorts } from './free-ports.js';

const stack = fileURLToPath(new URL('../stack.js', import.meta.url));

/** The ports of a stack, by what listens there. */
export type Ports = Readonly<Record<'api' | 'xds' | 'metrics' | 'prometheus' | 'grafana', string>>;

/** `npm run stack` on free ports. */
export class StackProcess {
  readonly exit: Promise<[code: number | null, signal: string | null]>;
  readonly errors: Promise<string>;
  #output = '';

  private constructor(
    private readonly process: ChildProcess,
    readonly ports: Ports,
  ) {
    this.exit = once(process, 'exit') as Promise<[number | null, string | null]>;
    this.errors = text(process.stderr as NodeJS.ReadableStream);
    process.stdout?.on('data', (chunk) => {
      this.#output += chunk;
    });
  }

  /** @param path The PATH in which the stack looks for its programs. */
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

  url(program: keyof Ports): string {
    return `http://127.0.0.1:${this.ports[program]}`;
  }

  /** Whether it reports within 60 seconds that everything runs. */
  isRunning(): Promise<boolean> {
    return readUntil(() => this.#output.includes('Ctrl-C'), true);
  }

  async stop(): Promise<void> {
    this.process.kill('SIGINT');
    await this.exit;
  }
}
