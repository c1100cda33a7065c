import type { ServerResponse } from 'node:http';

type Write = (this: ServerResponse, ...given: unknown[]) => unknown;

/**
 * Counts the bytes of the body that are given to a response; gives who tells how many they are so far.
 *
 * Why through its own methods: a streamed body has no length before it has ended, and what a compression makes of it is
 * known to nobody else.
 */
export function countSentBytes(response: ServerResponse): () => number {
  let bytes = 0;
  const counting = (method: Write): Write =>
    function (this: ServerResponse, ...given: unknown[]): unknown {
      bytes += lengthOf(given[0], given[1]);
      return Reflect.apply(method, this, given);
    };
  const written = response as unknown as { write: Write; end: Write };
  written.write = counting(written.write);
  written.end = counting(written.end);
  return () => bytes;
}

function lengthOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string')
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}
