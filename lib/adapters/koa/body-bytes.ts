import type { ServerResponse } from 'node:http';

type Chunk = string | Uint8Array | null | undefined | (() => void);

/**
 * Counts the bytes of a response's body as they are written, compressed where they are; gives the count so far.
 *
 * Why at `write` and `end`, which answer as before: a streamed body has no Content-Length, and what its stream holds is
 * not looked at, since that would set it flowing.
 */
export function countBodyBytes(response: ServerResponse): () => number {
  let bytes = 0;
  let isEnding = false;
  const count = (chunk: Chunk, encoding: unknown): void => {
    if (!isEnding) bytes += byteLength(chunk, encoding);
  };
  watch(response, 'write', count);
  watch(response, 'end', (chunk, encoding) => {
    count(chunk, encoding);
    // Why: HTTP/2's `end` calls `write` with it, HTTP/1's does not.
    isEnding = true;
  });
  return () => (hasBody(response) ? bytes : 0);
}

// Why a Proxy: it keeps the name and the length of the method, and whatever else hangs on it.
function watch(
  response: ServerResponse,
  name: 'write' | 'end',
  called: (chunk: Chunk, encoding: unknown) => void,
): void {
  const value = new Proxy(response[name] as (...given: unknown[]) => unknown, {
    apply(original, self, given) {
      called(given[0] as Chunk, given[1]);
      return Reflect.apply(original, self, given);
    },
  });
  Object.defineProperty(response, name, { value, writable: true, configurable: true });
}

function byteLength(chunk: Chunk, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

// Source: RFC 9110, 6.4.1. Node leaves out what is written to these.
const hasBody = ({ req, statusCode }: ServerResponse): boolean =>
  req.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
