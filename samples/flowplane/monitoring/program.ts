import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

export interface ProgramOptions {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** The URL that answers 2xx once the program can be used, or a function that finds it in a line of the log. */
  readonly healthUrl: string | ((line: string) => string | undefined);
  /** What the error says in addition where the program is not installed. */
  readonly hint?: string;
  /** Called with each log line that reports a problem. Default: prints it, prefixed with the name. */
  readonly onProblem?: (line: string) => void;
}

/** Matches log lines that need attention: Prometheus and Grafana write logfmt, Node prints errors as they are. */
const problemPattern = /level=(?:warn|error|crit)|^\w*Error\b|Warning:/;

/** A running program that was healthy once. */
export class Program {
  readonly name: string;
  /** Resolves with the last line of output when the program exits. */
  readonly exited: Promise<string>;
  readonly #process: ChildProcess;
  readonly #lineListeners = new Set<(line: string) => void>();
  #stopping = false;

  private constructor(name: string, child: ChildProcess, onProblem: (line: string) => void) {
    this.name = name;
    this.#process = child;
    let lastLine = '';
    this.#lineListeners.add((line) => {
      lastLine = line;
      if (problemPattern.test(line) && !this.#stopping) onProblem(line);
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) => {
        for (const listener of this.#lineListeners) listener(line);
      });
    }
    this.exited = once(child, 'close').then(() => lastLine);
  }

  /** @throws Error where the program does not start, exits, or is not healthy within 60 seconds. */
  static async start(options: ProgramOptions): Promise<Program> {
    const {
      name,
      environment,
      healthUrl,
      hint = '',
      onProblem = (line) => console.error(`${name}: ${line}`),
    } = options;
    const [file, ...args] = options.command;
    const child = spawn(file, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    await once(child, 'spawn').catch((error: Error) => {
      throw new Error(`${name} cannot be started (${error.message}). ${hint}`.trim());
    });
    const program = new Program(name, child, onProblem);
    const exitedEarly = program.exited.then((lastLine) => {
      throw new Error(`${name} ended: ${lastLine}`);
    });
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), 60_000);
    try {
      await Promise.race([program.#waitUntilHealthy(healthUrl, waiting.signal), exitedEarly]);
    } catch (error) {
      await program.stop();
      throw error;
    } finally {
      // Why: the health of a program that has ended would be asked for another minute.
      waiting.abort();
      clearTimeout(timer);
      exitedEarly.catch(() => undefined);
    }
    return program;
  }

  /** Sends SIGTERM, and SIGKILL if the program still runs after some seconds. */
  async stop(killAfterSeconds = 10): Promise<void> {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), killAfterSeconds * 1000);
    await this.exited;
    clearTimeout(timer);
  }

  async #waitUntilHealthy(healthUrl: ProgramOptions['healthUrl'], waiting: AbortSignal): Promise<void> {
    const url = typeof healthUrl === 'string' ? healthUrl : await this.#findInLog(healthUrl, waiting);
    for (;;) {
      const response = await fetch(url, { signal: waiting, headers: { connection: 'close' } }).catch(() => undefined);
      if (response?.ok) return;
      if (waiting.aborted) {
        throw new Error(`${this.name} is not healthy: ${url} ${response?.status ?? 'does not answer'}`);
      }
      await wait(100);
    }
  }

  #findInLog(find: (line: string) => string | undefined, waiting: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      waiting.addEventListener('abort', () => reject(new Error(`${this.name} does not log where it listens`)));
      this.#lineListeners.add((line) => {
        const found = find(line);
        if (found !== undefined) resolve(found);
      });
    });
  }
}
