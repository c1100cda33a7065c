import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** More requests than this, sent ahead on one connection, are more than a scraper has reason for. */
const mostAhead = 100;

interface Line {
  last: Promise<void>;
  length: number;
}

/**
 * Has the requests of one connection answered one after the other, though the client may send them ahead (pipelining).
 *
 * Why: `node:http` hands them out as they come, but tells nobody when the connection of one that still waits is lost.
 */
export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();

  /** Whether this connection has sent too many ahead. */
  isFull({ socket }: IncomingMessage): boolean {
    return (this.#lines.get(socket)?.length ?? 0) > mostAhead;
  }

  /** Waits for its turn; `false` where the connection is lost by then. */
  async take({ socket }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const line = this.#lines.get(socket) ?? { last: Promise.resolve(), length: 0 };
    this.#lines.set(socket, line);
    const before = line.last;
    line.length++;
    line.last = before.then(() => ended(socket, response)).finally(() => line.length--);
    await before;
    return !socket.destroyed;
  }
}

async function ended(socket: Socket, response: ServerResponse): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
}
