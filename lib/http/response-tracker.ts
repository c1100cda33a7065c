import type { ServerResponse } from 'node:http';

type Chunk = string | Uint8Array | null | (() => void);

/** What `write` and `end` have in common, in HTTP/1 and HTTP/2. */
type Method = (this: ServerResponse, chunk?: Chunk, encoding?: unknown, callback?: unknown) => unknown;

/** What is known of an answer so far. */
export interface Answer {
  /** The bytes of its body, compressed where they are. */
  bodyBytes(): number;
  /** Whether its client may have seen its status: not where the connection was lost before. */
  hasStatus(): boolean;
}

/**
 * Watches what is written of an answer.
 *
 * Why at `write` and `end`, which answer as before: a streamed body has no Content-Length, and what its stream holds is
 * not looked at, since that would set it flowing. Why by plain assignment: to define them as hidden costs more than the
 * answer itself.
 */
export function watchAnswer(response: ServerResponse): Answer {
  const methods = response as unknown as { write: Method; end: Method };
  const { write: writeOn, end: endOn } = methods;
  let bytes = 0;
  let isEnding = false;
  let isLost = false;
  const take = (chunk: Chunk | undefined, encoding: unknown): void => {
    if (isEnding) return;
    // Why asked before the headers only: what is written to nobody counts as sent to Node.
    if (!response.headersSent) isLost = isGone(response);
    bytes += byteLength(chunk, encoding);
  };
  methods.write = function write(chunk, encoding, callback) {
    take(chunk, encoding);
    return writeOn.call(this, chunk, encoding, callback);
  };
  methods.end = function end(chunk, encoding, callback) {
    take(chunk, encoding);
    // Why: HTTP/2's `end` calls `write` with it, HTTP/1's does not.
    isEnding = true;
    return endOn.call(this, chunk, encoding, callback);
  };
  return {
    bodyBytes: () => (hasBody(response) ? bytes : 0),
    hasStatus: () => response.headersSent && !isLost,
  };
}

const isGone = ({ destroyed, req }: ServerResponse): boolean => destroyed || req.socket?.destroyed;

function byteLength(chunk: Chunk | undefined, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

// Source: RFC 9110, 6.4.1. Node leaves out what is written to these.
const hasBody = ({ req, statusCode }: ServerResponse): boolean =>
  req.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
