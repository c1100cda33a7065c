import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programs } from '../programs.js';

/** A program of several processes or threads, which writes lines of JSON and takes lines. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly #folder: string;
  readonly #lines: string[] = [];
  #wake = (): void => undefined;
  #hasEnded = false;

  /** @param modules the text of each of its modules by name; the first one is run. */
  constructor(modules: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}) {
    // Why files: a cluster starts its workers by the file of the program.
    this.#folder = mkdtempSync(join(programs, 'processes-'));
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(this.#folder, name), text);
    const [first = ''] = Object.keys(modules);
    this.child = spawn(process.execPath, [join(this.#folder, first)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    this.ended = once(this.child, 'exit').then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
  }

  /** The next line that it writes, as JSON. */
  async next<T>(): Promise<T> {
    while (this.#lines.length === 0) {
      if (this.#hasEnded) throw new Error('the program has ended');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return JSON.parse(this.#lines.shift() as string) as T;
  }

  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
