import { rename, writeFile } from 'node:fs/promises';
import type { ExposedFamily } from '../store/exposed-family.js';
import { atExit } from './at-exit.js';
import { leaveFile, leftPath, listLeft, takeLeftFile } from './left-files.js';
import type { MergedFamilies } from './merging/merged-families.js';
import { ReceivedSource } from './received-source.js';
import type { Sources } from './sources.js';
import { areas } from './wire/frame.js';
import { FrameWriter } from './wire/frame-writer.js';
import { PendingChanges } from './wire/pending-changes.js';
import { PublishedCells } from './wire/published-cells.js';
import { ScrapedCells } from './wire/scraped-cells.js';

/** How often it looks for what others have left, in milliseconds. */
const lookMs = 1000;
/** Each time that it has looked so often, it saves. Why not each time: it takes about as long as a scrape. */
const looksPerSave = 5;

/** The source that stands for all that an aggregator leaves. */
const totalsId = 'totals';

/** Where what was left is merged. */
interface Heirs {
  readonly families: MergedFamilies;
  readonly sources: Pick<Sources, 'has' | 'isGone'>;
  readonly maxCells: number;
}

/**
 * What an aggregator at a socket leaves to the process that takes its place: the counts of the processes that have ended, and
 * its own. Without it, each sum would fall when the process ends that has the aggregator. It also takes over what processes
 * have left that have ended while there was no aggregator.
 */
export class Estate {
  readonly #socket: string;
  readonly #path: string;
  readonly #families: MergedFamilies;
  readonly #sources: Pick<Sources, 'has' | 'isGone'>;
  readonly #maxCells: number;
  readonly #read: () => readonly ExposedFamily[];
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  /** Whether another process has left something. */
  hasInherited = false;
  #cancelExit = (): void => undefined;

  /** @param read gives the families that are to be left. */
  constructor(socket: string, { families, sources, maxCells }: Heirs, read: () => readonly ExposedFamily[]) {
    this.#sources = sources;
    this.#socket = socket;
    this.#path = leftPath(socket, totalsId);
    this.#families = families;
    this.#maxCells = maxCells;
    this.#read = read;
  }

  /** Takes over what others have left, and keeps what is to be left to the next one. */
  open(): void {
    this.#inherit();
    this.#cancelExit = atExit(() => this.#saveNow());
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#cancelExit();
    this.#saveNow();
  }

  async #look(): Promise<void> {
    this.#inherit();
    if (++this.#looks % looksPerSave === 0) await this.#save();
  }

  #inherit(): void {
    for (const id of listLeft(this.#socket)) {
      // Why not later: from then on, that file is our own.
      if (id === totalsId && this.#looks > 0) continue;
      this.hasInherited = true;
      if (this.#sources.has(id)) continue;
      const frame = takeLeftFile(this.#socket, id);
      if (frame !== undefined && !this.#sources.isGone(id)) this.#merge(frame);
    }
  }

  #merge(frame: Buffer): void {
    const identity = { id: 'left', pid: process.pid, thread: -1 };
    const left = new ReceivedSource(identity, 0, { send: () => undefined }, this.#families, this.#maxCells);
    try {
      left.receive(frame);
    } catch {
      // Why ignored: a file that cannot be read, of another version for example, counts as absent.
    }
    left.end();
  }

  async #save(): Promise<void> {
    try {
      const cells = new ScrapedCells();
      await cells.update(this.#read());
      await writeFile(`${this.#path}.new`, toFrame(cells), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    } catch {
      // Why ignored: a disk that is full must cost no more than this.
    }
  }

  #saveNow(): void {
    const cells = new ScrapedCells();
    cells.updateNow(this.#read());
    leaveFile(this.#path, toFrame(cells));
  }
}

function toFrame(source: ScrapedCells): Uint8Array {
  const writer = new FrameWriter(0, true);
  const pending = new PendingChanges();
  source.subscribe(pending)();
  pending.flushInto(writer.changesOf(areas.computed));
  new PublishedCells(source.cells).publish(writer.cellsOf(areas.computed, source.cells.length));
  return writer.finish();
}
