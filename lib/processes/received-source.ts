import { NumberStore } from '../store/numbers.js';
import type { MergedFamilies, SourceLog } from './merging/merged-families.js';
import type { MergedSource } from './merging/merged-table.js';
import type { Downlink } from './transports/links.js';
import type { SourceIdentity } from './transports/messages.js';
import { MalformedFrame } from './wire/bytes.js';
import { ClearingLog } from './wire/clearing-log.js';
import { areaCount, type Frame } from './wire/frame.js';
import { createKnownFamilies, readFrame } from './wire/frame-reader.js';

interface ReceivedArea {
  readonly numbers: NumberStore;
  readonly log: SourceLog;
  readonly clearing: ClearingLog;
}

/** A source that publishes from elsewhere: a copy of its cells, kept up to date by its frames. */
export class ReceivedSource implements MergedSource {
  readonly worker: number;
  readonly identity: SourceIdentity;
  link: Downlink;
  /** When its last frame came, in milliseconds of `performance.now()`. */
  lastFrameAt = performance.now();
  /** Whether it has ended: it is merged for a little longer, because its last frame may still be on its way. */
  ending: NodeJS.Timeout | undefined;
  readonly #maxCells: number;
  readonly #known = createKnownFamilies();
  readonly #areas: readonly ReceivedArea[];
  #nextFrame = 0;

  constructor(identity: SourceIdentity, worker: number, link: Downlink, families: MergedFamilies, maxCells: number) {
    this.identity = identity;
    this.worker = worker;
    this.link = link;
    this.#maxCells = maxCells;
    this.#areas = Array.from({ length: areaCount }, () => {
      const numbers = new NumberStore();
      const log = families.join(this, numbers);
      const clear = (first: number, width: number): void => {
        // Why first: a series that was removed has these cells until then.
        log.settle();
        for (let i = first; i < first + width; i++) numbers.set(i, 0);
      };
      return { numbers, log, clearing: new ClearingLog(clear, log) };
    });
  }

  /** Whether something of it was left out that may have its place later. */
  get isIncomplete(): boolean {
    return this.#areas.some(({ log }) => log.isIncomplete);
  }

  /**
   * Brings a frame into effect; returns `false` where a frame before it is missing, so that all has to be sent anew.
   *
   * @throws MalformedFrame or OtherVersion; then nothing has changed.
   */
  receive(bytes: Uint8Array): boolean {
    const frame = readFrame(bytes, this.#known);
    this.#check(frame);
    this.lastFrameAt = performance.now();
    if (!frame.isComplete && frame.number !== this.#nextFrame) return false;
    this.#nextFrame = frame.number + 1;
    for (const [i, area] of this.#areas.entries()) {
      if (frame.isComplete) this.#reset(area);
      this.#apply(area, frame.areas[i] as Frame['areas'][number]);
    }
    return true;
  }

  /** Takes it out: what it has counted stays. */
  end(): void {
    clearTimeout(this.ending);
    for (const { log } of this.#areas) log.end();
  }

  #check({ areas }: Frame): void {
    for (const { cells } of areas) {
      if (cells.length > this.#maxCells) throw new MalformedFrame(`it has ${cells.length} cells`);
    }
  }

  #reset({ numbers, log }: ReceivedArea): void {
    log.reset();
    for (const chunk of numbers.chunks) chunk.fill(0);
  }

  #apply({ numbers, log, clearing }: ReceivedArea, { changes, cells }: Frame['areas'][number]): void {
    numbers.extendTo(cells.length);
    for (const change of changes) change(clearing);
    log.settle();
    const { indexes, numbers: changed } = cells;
    for (let i = 0; i < indexes.length; i++) numbers.set(indexes[i] as number, changed[i] as number);
  }
}
