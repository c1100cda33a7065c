import { Readable } from 'node:stream';
import { singleFlight } from '../async/single-flight.js';

/** For this many milliseconds new readers may join, so that no reader gets older values. */
const joinableMs = 250;
/** New readers may join while the body is no longer than this, because all of it is kept until then. */
const maxJoinableBytes = 4 * 1024 * 1024;
/** A reader that lags further behind the fastest one is cut off, because everything between them is kept. */
const maxLagBytes = 64 * 1024 * 1024;

/** One body for several readers, each at its own speed. It is rendered once, no further than the fastest reader has read. */
export class SharedBody {
  readonly #source: Readable;
  readonly #rendering: AsyncIterator<Buffer>;
  readonly #startedAt = performance.now();
  readonly #readers = new Set<BodyReader>();
  /** The chunks that are kept; the first of them has the number `#firstKept`. */
  #chunks: Buffer[] = [];
  #firstKept = 0;
  #keptBytes = 0;
  #hasEnded = false;
  /** The error of the rendering, for every reader that has not read all chunks before it. */
  #failure: unknown;

  constructor(source: Readable) {
    this.#source = source;
    this.#rendering = source[Symbol.asyncIterator]();
  }

  /** Whether another reader can still read the body from its beginning. */
  get isOpen(): boolean {
    const isYoung = performance.now() - this.#startedAt < joinableMs;
    return (
      !this.#hasEnded &&
      !this.#source.destroyed &&
      this.#firstKept === 0 &&
      this.#keptBytes < maxJoinableBytes &&
      isYoung
    );
  }

  /** A reader from the beginning of the body. The rendering stops when all readers are destroyed. */
  read(): BodyReader {
    const reader = new BodyReader(this);
    this.#readers.add(reader);
    return reader;
  }

  /** The chunk with this number; `undefined` past the last one. Rejects where a part would be taken for the whole body. */
  async chunk(position: number): Promise<Buffer | undefined> {
    while (position >= this.#firstKept + this.#chunks.length && !this.#hasEnded) {
      await this.#renderNext();
    }
    if (position < this.#firstKept) throw new Error('the reader is too slow');
    const chunk = this.#chunks[position - this.#firstKept];
    if (chunk === undefined && this.#failure !== undefined) throw this.#failure;
    return chunk;
  }

  release(reader: BodyReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#source.destroy();
  }

  readonly #renderNext = singleFlight(async () => {
    try {
      const { done, value } = await this.#rendering.next();
      if (done) this.#hasEnded = true;
      else this.#keep(value);
    } catch (cause) {
      this.#failure = cause ?? new Error('the rendering has failed');
      this.#hasEnded = true;
    }
  });

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.isOpen) return;
    const slowest = Math.min(...[...this.#readers].map(({ position }) => position));
    while (this.#chunks.length > 1 && (this.#firstKept < slowest || this.#keptBytes > maxLagBytes)) {
      this.#keptBytes -= (this.#chunks.shift() as Buffer).length;
      this.#firstKept++;
    }
  }
}

/** One reader of a shared body. */
export class BodyReader extends Readable {
  /** The number of the next chunk. */
  position = 0;
  /** The bytes read so far. */
  bytes = 0;
  readonly #body: SharedBody;

  constructor(body: SharedBody) {
    super();
    this.#body = body;
  }

  override _read(): void {
    this.#body.chunk(this.position).then(
      (chunk) => {
        this.position++;
        this.bytes += chunk?.length ?? 0;
        this.push(chunk ?? null);
      },
      (error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#body.release(this);
    callback(error);
  }
}
