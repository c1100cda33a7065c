import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OtlpOptions } from '../../lib/otlp/index.js';
import { until } from '../until.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The program of a service whose server is in a thread. It does what each line of its standard input says. */
const programOf = (options: OtlpOptions): string => `
  import { existsSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  import { Session } from 'node:inspector/promises';
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';
  const faults = new Session();
  faults.connect();
  let worker;
  faults.on('NodeWorker.attachedToWorker', ({ params }) => { worker = params.sessionId; });
  await faults.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  const inThread = (expression) => faults.post('NodeWorker.sendMessageToWorker', {
    sessionId: worker, message: JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }) });
  const recorder = new PrometheusRecorder();
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' }));
  jobs.inc({}, 7);
  const otlp = { announce: false, onAdvice: () => undefined, ...${JSON.stringify(options)} };
  await new MetricsServer(recorder, { port: 0, thread: true, processMetrics: false, onAdvice: () => undefined, otlp }).listen();
  const actions = {
    block: (file) => {
      const from = Date.now();
      while (!existsSync(file) && Date.now() - from < 40_000) jobs.inc();
      console.log('blocked ' + from + ' ' + Date.now());
    },
    hang: async () => {
      await inThread('for (;;);');
      jobs.inc();
      console.log('hangs');
    },
    count: () => {
      jobs.inc();
      console.log('counted');
    },
    leave: () => { jobs.inc(); faults.disconnect(); process.stdin.destroy(); },
    fail: () => { jobs.inc(); throw new Error('no disk'); },
  };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [action, argument] = line.split(' ');
    actions[action](argument);
  });
  console.log('ready');`;

/** A process whose metrics server is in a thread, and exports over OTLP from there. It has counted 7 jobs. */
export class ExportingService {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string | null>;
  readonly #said: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
    createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) =>
      this.#said.push(line),
    );
  }

  static async start(options: OtlpOptions): Promise<ExportingService> {
    const env = { ...process.env, NODE_NO_WARNINGS: '1' };
    const node = ['--input-type=module', '-e', programOf(options)];
    const child = spawn(process.execPath, node, { cwd: root, env, stdio: ['pipe', 'pipe', 'ignore'] });
    const service = new ExportingService(child);
    await service.hears('ready');
    return service;
  }

  /** Lets it do something. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits for a line that begins with this word. */
  async hears(word: string): Promise<string> {
    const find = (): string | undefined => this.#said.find((line) => line.startsWith(word));
    await until(() => find() !== undefined);
    return find() as string;
  }

  /** Between which times its event loop was blocked, in milliseconds since the epoch. */
  async hearsBlocked(): Promise<{ readonly from: number; readonly to: number }> {
    const [, from, to] = (await this.hears('blocked')).split(' ');
    return { from: Number(from), to: Number(to) };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end: the code or the signal. */
  ended(): Promise<number | string | null> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
