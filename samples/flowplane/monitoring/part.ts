import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** One program of the stack. */
export interface PartSpec {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers with 2xx once the program can be used. */
  readonly healthUrl: string;
  /** What to say where the program is not installed. */
  readonly hint?: string;
}

/** Lines that somebody should read. Prometheus logs in logfmt, Grafana too; Node prints errors as they are. */
const problem = /level=(?:warn|error|crit)|^\w*Error\b|Warning:/;

/** A program that runs, was healthy, and whose problems are printed. */
export class Part {
  readonly name: string;
  readonly #process: ChildProcess;
  /** Settles when the program ends, with what it said last. */
  readonly ended: Promise<string>;

  #stopping = false;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#process = child;
    let last = '';
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream as NodeJS.ReadableStream }).on('line', (line) => {
        last = line;
        if (problem.test(line) && !this.#stopping) console.error(`${name}: ${line}`);
      });
    }
    this.ended = once(child, 'close').then(() => last);
  }

  /** Throws where the program cannot be started, ends at once, or is not healthy within half a minute. */
  static async start({ name, command: [program, ...args], environment, healthUrl, hint }: PartSpec): Promise<Part> {
    const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    await once(child, 'spawn').catch((error: Error) => {
      throw new Error(`${name} cannot be started (${error.message}). ${hint ?? ''}`.trim());
    });
    const part = new Part(name, child);
    const early = part.ended.then((last) => {
      throw new Error(`${name} ended: ${last}`);
    });
    try {
      await Promise.race([healthy(name, healthUrl, AbortSignal.timeout(30_000)), early]);
    } catch (error) {
      await part.stop();
      throw error;
    } finally {
      early.catch(() => undefined);
    }
    return part;
  }

  /** Asks the program to end; makes it, where it has not within some seconds. */
  async stop(patienceSeconds = 10): Promise<void> {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const end = setTimeout(() => this.#process.kill('SIGKILL'), patienceSeconds * 1000);
    await this.ended;
    clearTimeout(end);
  }
}

async function healthy(name: string, url: string, patience: AbortSignal): Promise<void> {
  for (;;) {
    const answer = await fetch(url, { signal: patience, headers: { connection: 'close' } }).catch(() => undefined);
    if (answer?.ok) return;
    if (patience.aborted) throw new Error(`${name} is not healthy: ${url} ${answer?.status ?? 'does not answer'}`);
    await wait(100);
  }
}
