import { Session } from 'node:inspector/promises';

/** Runs code in the threads that are started meanwhile, as a debugger does: for faults that the program cannot have. */
export class ThreadFaults {
  readonly #session = new Session();
  readonly #sessions: string[] = [];

  async start(): Promise<void> {
    this.#session.connect();
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) => this.#sessions.push(params.sessionId));
    await this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** Runs this code in the thread that was started last. */
  run(expression: string): Promise<void> {
    return this.#evaluate(this.#sessions.at(-1) as string, expression);
  }

  /**
   * Ends the thread that was started last with the code 3.
   *
   * Why in a turn of its own: code of a debugger may run while Node reads an answer, and Node aborts the process where the
   * thread ends in that moment.
   */
  exit(): Promise<void> {
    return this.run('setImmediate(() => process.exit(3))');
  }

  #evaluate(sessionId: string, expression: string): Promise<void> {
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    return this.#session.post('NodeWorker.sendMessageToWorker', { message, sessionId });
  }

  /** Runs it in every thread. */
  async runInAll(expression: string): Promise<void> {
    for (const sessionId of this.#sessions) await this.#evaluate(sessionId, expression);
  }

  stop(): void {
    this.#session.disconnect();
  }
}
