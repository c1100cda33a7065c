import type { ServerResponse } from 'node:http';

/** The responses that are on their way. */
export class Responses {
  readonly #running = new Map<ServerResponse, Promise<void>>();

  add(response: ServerResponse): void {
    const ended = new Promise<void>((resolve) => {
      response.once('close', resolve);
    });
    this.#running.set(response, ended);
    void ended.then(() => this.#running.delete(response));
  }

  /** Resolves once those that are on their way now have been sent, or their clients have gone. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Lets each of them be the last one of its connection. */
  closeConnections(): void {
    for (const response of this.#running.keys()) {
      const { socket } = response;
      response.once('close', () => socket?.end());
    }
  }
}
