import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A real server of the Prometheus family, in a process of its own, which has chosen its port. */
export class ListeningProcess {
  readonly url: string;
  /** What it has logged. */
  readonly log: readonly string[];
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, url: string, log: readonly string[]) {
    this.#process = child;
    this.url = url;
    this.log = log;
  }

  /** @param args with 127.0.0.1:0 for the address to listen on. */
  static async start(command: string, args: readonly string[]): Promise<ListeningProcess> {
    const child = spawn(command, args);
    const log: string[] = [];
    const lines = createInterface({ input: child.stderr });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`${command} ended:\n${log.join('\n')}`)));
      lines.on('line', (line) => {
        log.push(line);
        const address = /msg="Listening on".* address=(\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(`http://${address}`);
      });
    });
    return new ListeningProcess(child, url, log);
  }

  async stop(): Promise<void> {
    this.#process.removeAllListeners('exit');
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
