import { PooledExemplars } from '../store/pooled-exemplars.js';
import type { MergedSource } from './merging/column.js';
import type { MergedFamilies, SourceLog } from './merging/merged-families.js';
import { ReceivedCells } from './received-cells.js';
import type { Downlink } from './transports/links.js';
import type { SourceIdentity } from './transports/messages.js';
import { ClearingLog } from './wire/clearing-log.js';
import { areaCount, type Frame } from './wire/frame.js';
import { createKnownFamilies, readFrame, readFrameHead } from './wire/frame-reader.js';

interface ReceivedArea {
  readonly numbers: ReceivedCells;
  readonly exemplars: PooledExemplars;
  readonly log: SourceLog;
  readonly clearing: ClearingLog;
}

/** Is thrown where a source has more numbers than it may have. */
export class TooManyCells extends Error {
  override readonly name = 'TooManyCells';
}

/** A source that publishes from elsewhere: a copy of its cells, kept up to date by its frames. */
export class ReceivedSource implements MergedSource {
  readonly worker: number;
  readonly identity: SourceIdentity;
  link: Downlink;
  /** Every how many seconds it publishes; never where that is not known. */
  intervalSeconds = Infinity;
  /** When its last frame came, in milliseconds of `performance.now()`. */
  lastFrameAt = performance.now();
  /** Whether it has ended: it is merged for a little longer, because its last frame may still be on its way. */
  ending: NodeJS.Timeout | undefined;
  readonly #maxCells: number;
  readonly #known = createKnownFamilies();
  readonly #families: MergedFamilies;
  #areas: readonly ReceivedArea[];
  #nextFrame = 0;

  constructor(identity: SourceIdentity, worker: number, link: Downlink, families: MergedFamilies, maxCells: number) {
    this.identity = identity;
    this.worker = worker;
    this.link = link;
    this.#maxCells = maxCells;
    this.#families = families;
    this.#areas = this.#createAreas();
  }

  /** Whether something of it was left out that may have its place later. */
  get isIncomplete(): boolean {
    return this.#areas.some(({ log }) => log.isIncomplete);
  }

  /**
   * Brings a frame into effect; returns `false` where all has to be sent anew: a frame before it is missing, or what it had
   * before has taken the room of what it has now.
   *
   * @throws MalformedFrame, OtherVersion or TooManyCells; then nothing has changed.
   */
  receive(bytes: Uint8Array): boolean {
    const { isComplete, number } = readFrameHead(bytes);
    this.lastFrameAt = performance.now();
    // Why not read: it may be about families that the missing one has opened.
    if (!isComplete && number !== this.#nextFrame) return false;
    const frame = readFrame(bytes, this.#known);
    this.#check(frame);
    this.#nextFrame = frame.number + 1;
    if (frame.isComplete) return this.#replace(frame);
    this.#applyAll(frame);
    return true;
  }

  /** Takes out what counts only while it is there: it cannot be reached. All of it is there again after its next frame. */
  leave(): void {
    for (const { log } of this.#areas) log.leave();
  }

  /** Takes it out: what it has counted stays. */
  end(): void {
    clearTimeout(this.ending);
    for (const { log } of this.#areas) log.end();
  }

  #check({ areas }: Frame): void {
    for (const { cells } of areas) {
      if (cells.length > this.#maxCells) throw new TooManyCells(`it has ${cells.length} numbers`);
    }
  }

  #createAreas(): ReceivedArea[] {
    return Array.from({ length: areaCount }, () => {
      const numbers = new ReceivedCells();
      const exemplars = new PooledExemplars();
      const log = this.#families.join(this, { cells: numbers, exemplars });
      const clear = (first: number, width: number): void => {
        // Why first: a series that was removed has these cells until then.
        log.settle();
        for (let i = first; i < first + width; i++) numbers.set(i, 0);
        exemplars.free(first, width);
      };
      return { numbers, exemplars, log, clearing: new ClearingLog(clear, log) };
    });
  }

  /** Why beside what was there: only then can be told what has been removed meanwhile. */
  #replace(frame: Frame): boolean {
    const former = this.#areas;
    for (const { log } of former) log.markFormer();
    this.#areas = this.#createAreas();
    this.#applyAll(frame);
    const isRoomFreed = former.map(({ log }) => log.release()).includes(true);
    return !(isRoomFreed && this.isIncomplete);
  }

  #applyAll(frame: Frame): void {
    for (const [i, area] of this.#areas.entries()) this.#apply(area, frame.areas[i] as Frame['areas'][number]);
  }

  #apply(area: ReceivedArea, { changes, cells, exemplars }: Frame['areas'][number]): void {
    const { numbers, log, clearing } = area;
    numbers.extendTo(cells.length);
    for (const change of changes) change(clearing);
    log.settle();
    for (const exemplar of exemplars) area.exemplars.take(exemplar);
    const { indexes, words } = cells;
    for (let i = 0; i < indexes.length; i++) {
      numbers.setWords(indexes[i] as number, words[i * 2] as number, words[i * 2 + 1] as number);
    }
  }
}
