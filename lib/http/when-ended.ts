import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

/** Calls once: when the answer is complete, or can no longer be. */
export function whenEnded(response: ServerResponse, listener: () => void): void {
  if (hasEnded(response)) {
    listener();
    return;
  }
  const queue = queueOf(response);
  const ended = (): void => {
    response.off('finish', ended).off('close', ended);
    queue?.delete(ended);
    listener();
  };
  response.on('finish', ended).on('close', ended);
  queue?.add(ended);
}

// Why HTTP/2 apart: there, what answers a HEAD is `writableFinished` before it has begun.
function hasEnded(response: ServerResponse | Http2ServerResponse): boolean {
  if ('stream' in response) return response.stream.destroyed;
  return response.destroyed || response.writableFinished || (isQueued(response) && response.req.socket.destroyed);
}

// Why asked of `req` too: an answer that was made by hand may have no connection at all.
const isQueued = ({ socket, req }: ServerResponse): boolean => socket === null && Boolean(req.socket);

type Queue = Set<() => void>;

const queues = new WeakMap<Socket, Queue>();

/**
 * Those that wait on the same connection for an answer before theirs (pipelining); `undefined` where this one does not.
 *
 * Why: `node:http` tells no response of a lost connection but the one whose turn it is. Why one listener for them all: a
 * connection may have any number.
 */
function queueOf(response: ServerResponse): Queue | undefined {
  if (!isQueued(response)) return undefined;
  const { socket } = response.req;
  const known = queues.get(socket);
  if (known !== undefined) return known;
  const queue: Queue = new Set();
  queues.set(socket, queue);
  socket.once('close', () => {
    for (const ended of queue) ended();
  });
  return queue;
}
