import type { Readable } from 'node:stream';
import { createGzip, type Gzip, gzipSync } from 'node:zlib';
import { Slices } from '../async/slices.js';

/** An answer of up to so many bytes is rendered before any of it is sent. Why no more: it is compressed in one turn. */
const maxWholeBytes = 256 * 1024;

// Why the least effort: metrics are so repetitive that more effort saves few bytes. Why a number: `Z_BEST_SPEED` would load
// the module before anything is compressed.
const gzipOptions = { level: 1 };

/** A body whose bytes are all there: it needs no stream. */
export class WholeBody implements AsyncIterable<Uint8Array> {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get headers(): { readonly 'Content-Length': string } {
    return { 'Content-Length': String(this.bytes.length) };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    if (this.bytes.length > 0) yield this.bytes;
  }
}

/** The body of an answer to a HEAD: how long that of a GET is, nobody knows. */
export async function* noBody(): AsyncGenerator<Uint8Array, undefined> {}

/** Renders chunks in slices: all at once if they are small, otherwise the rest of them while they are read. */
export async function renderBody(chunks: Iterable<Uint8Array>, isGzip: boolean): Promise<AsyncIterable<Uint8Array>> {
  const rendering = chunks[Symbol.iterator]();
  const slices = new Slices();
  const first: Buffer[] = [];
  let length = 0;
  for (let next = rendering.next(); !next.done; next = rendering.next()) {
    const { value } = next;
    if (value.length > 0) first.push(Buffer.from(value));
    length += value.length;
    if (length > maxWholeBytes) {
      const large = new RenderedChunks(first, rendering, isGzip);
      return isGzip ? compress(large) : large;
    }
    if (slices.isOver) await slices.pause();
  }
  const whole = first[0]?.length === length ? first[0] : Buffer.concat(first, length);
  if (!isGzip) return new WholeBody(whole);
  await slices.pause();
  return new WholeBody(gzipSync(whole, gzipOptions));
}

/**
 * Ends a rendering whose body nobody can read any more. Why: a caller may drop the body, where its client has gone for
 * example, and the numbers of series that are removed are kept for each rendering that goes on.
 */
const dropped = new FinalizationRegistry((rendering: Iterator<Uint8Array>) => void rendering.return?.());

/**
 * The first chunks, then the others, each rendered when it is asked for.
 *
 * Why not a generator: one that nobody has begun to read cannot end what it reads from.
 */
class RenderedChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #first: Uint8Array[];
  readonly #rendering: Iterator<Uint8Array>;
  readonly #lends: boolean;
  readonly #slices = new Slices();

  /** @param lends whether a chunk is only valid until the next one is asked for. */
  constructor(first: Uint8Array[], rendering: Iterator<Uint8Array>, lends: boolean) {
    this.#first = first;
    this.#rendering = rendering;
    this.#lends = lends;
    dropped.register(this, rendering);
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const kept = this.#first.shift();
    if (kept !== undefined) return { done: false, value: kept };
    for (;;) {
      if (this.#slices.isOver) await this.#slices.pause();
      const { done, value } = this.#rendering.next();
      if (done) return { done, value: undefined };
      if (value.length > 0) return { done: false, value: this.#lends ? value : Buffer.from(value) };
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#first.length = 0;
    this.#rendering.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function compress(chunks: AsyncIterable<Uint8Array>): Readable {
  const gzip = createGzip(gzipOptions);
  // Why nothing: a format may throw before anybody reads, and that must not end the process. Who reads gets the error.
  gzip.on('error', () => undefined);
  writeAll(chunks, gzip).catch((error) => gzip.destroy(error));
  return gzip;
}

/** Why not a pipeline: a chunk that was compressed may be written over, so no copy of it is needed. */
async function writeAll(chunks: AsyncIterable<Uint8Array>, gzip: Gzip): Promise<void> {
  const closed = new Promise<void>((resolve) => gzip.once('close', resolve));
  for await (const chunk of chunks) {
    const written = new Promise<void>((resolve) => gzip.write(chunk, () => resolve()));
    await Promise.race([written, closed]);
    if (gzip.destroyed) return;
  }
  gzip.end();
}
