import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The responses that are on their way. */
export class Responses {
  readonly #running = new Map<ServerResponse, Promise<void>>();

  /** @param seconds after so long its client is cut off, whatever it has read by then. */
  add(response: ServerResponse, seconds: number): void {
    const timer = setTimeout(() => response.socket?.destroy(), seconds * 1000).unref();
    const ended = new Promise<void>((resolve) => {
      response.once('close', resolve);
    });
    this.#running.set(response, ended);
    void ended.then(() => {
      clearTimeout(timer);
      this.#running.delete(response);
    });
  }

  /** Whether an answer is on its way on this connection. */
  isAnswering(socket: Socket): boolean {
    return [...this.#running.keys()].some((response) => response.socket === socket);
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
