import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Running {
  readonly ended: Promise<void>;
  /** Whether its connection is to end with it. */
  isLast: boolean;
}

/** The responses that are on their way. */
export class Responses {
  readonly #running = new Map<ServerResponse, Running>();

  /** @param seconds after so long its client is cut off, whatever it has read by then. */
  add(response: ServerResponse, seconds: number): void {
    const { socket } = response.req;
    const timer = setTimeout(() => socket.destroy(), seconds * 1000).unref();
    const ended = new Promise<void>((resolve) => {
      response.once('close', resolve);
    });
    const running = { ended, isLast: false };
    this.#running.set(response, running);
    void ended.then(() => {
      clearTimeout(timer);
      this.#running.delete(response);
      if (running.isLast) socket.end();
    });
  }

  /** Whether an answer is on its way on this connection. */
  isAnswering(socket: Socket): boolean {
    return [...this.#running.keys()].some((response) => response.socket === socket);
  }

  /** Resolves once those that are on their way now have been sent, or their clients have gone. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  /** Lets each of them be the last one of its connection. */
  closeConnections(): void {
    for (const running of this.#running.values()) running.isLast = true;
  }
}
