import { Readable } from 'node:stream';

/** Others may join so long after it has begun, in milliseconds: what they read is no older than that. */
const joinable = 250;
/** Others may join while it is no longer than this, as all of it is kept until then. */
const mostKept = 4 * 1024 * 1024;
/** A reader that is so much slower than another is cut off, as all between them is kept. */
const mostBehind = 64 * 1024 * 1024;

/** One body for several readers, each at its own pace: rendered once, no further than the fastest of them reads. */
export class SharedBody {
  readonly #source: Readable;
  readonly #steps: AsyncIterator<Buffer>;
  readonly #began = performance.now();
  readonly #readers = new Set<BodyReader>();
  /** The chunks from number `#first` on. */
  #chunks: Buffer[] = [];
  #first = 0;
  #kept = 0;
  #hasEnded = false;
  /** What the rendering has failed with, for all who have not read it to its end. */
  #failure: unknown;
  #stepping: Promise<void> | undefined;

  constructor(source: Readable) {
    this.#source = source;
    this.#steps = source[Symbol.asyncIterator]();
  }

  /** Whether one more reader may read it from its beginning. */
  get isOpen(): boolean {
    const isYoung = performance.now() - this.#began < joinable;
    return !this.#hasEnded && !this.#source.destroyed && this.#first === 0 && this.#kept < mostKept && isYoung;
  }

  /** The body from its beginning. The rendering ends where all its readers are destroyed. */
  read(): BodyReader {
    const reader = new BodyReader(this);
    this.#readers.add(reader);
    return reader;
  }

  /** The chunk of this number; `undefined` past the last one. Rejects rather than give part of a body for the whole. */
  async chunk(position: number): Promise<Buffer | undefined> {
    while (position >= this.#first + this.#chunks.length && !this.#hasEnded) {
      this.#stepping ??= this.#step();
      await this.#stepping;
    }
    if (position < this.#first) throw new Error('the reader is too slow');
    const chunk = this.#chunks[position - this.#first];
    if (chunk === undefined && this.#failure !== undefined) throw this.#failure;
    return chunk;
  }

  left(reader: BodyReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#source.destroy();
  }

  async #step(): Promise<void> {
    try {
      const { done, value } = await this.#steps.next();
      if (done) this.#hasEnded = true;
      else this.#keep(value);
    } catch (cause) {
      this.#failure = cause ?? new Error('the rendering has failed');
      this.#hasEnded = true;
    } finally {
      this.#stepping = undefined;
    }
  }

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    if (this.isOpen) return;
    const slowest = Math.min(...[...this.#readers].map(({ position }) => position));
    while (this.#chunks.length > 1 && (this.#first < slowest || this.#kept > mostBehind)) {
      this.#kept -= (this.#chunks.shift() as Buffer).length;
      this.#first++;
    }
  }
}

/** One reader of a body that has several. */
export class BodyReader extends Readable {
  /** The number of the chunk that it reads next. */
  position = 0;
  /** How many bytes it has read. */
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
    this.#body.left(this);
    callback(error);
  }
}
