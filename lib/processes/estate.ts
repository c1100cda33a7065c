import { rename, writeFile } from 'node:fs/promises';
import { nextTurn } from '../async/slices.js';
import type { ExposedFamily, Scrapable } from '../store/exposed-family.js';
import { atExit } from './at-exit.js';
import { leaveFile, leftPath, listLeft, takeLeftFile } from './left-files.js';
import { FileUplink, readStream } from './left-stream.js';
import type { MergedFamilies } from './merging/merged-families.js';
import type { AggregatorLimits } from './options.js';
import { Publisher } from './publisher.js';
import { ReceivedSource } from './received-source.js';
import type { Sources } from './sources.js';
import { areas } from './wire/frame.js';
import { FrameWriter } from './wire/frame-writer.js';
import { PendingChanges } from './wire/pending-changes.js';
import { PublishedCells } from './wire/published-cells.js';
import { ScrapedCells } from './wire/scraped-cells.js';

/** How often it looks for counts that others have left, in milliseconds. */
const lookMs = 1000;
/** Each time that it has looked so often, it saves, whatever has changed: a file that is older than a minute does not count. */
const looksPerSave = 20;

/** How often the recorder of this process is saved, as a publisher publishes. */
const ownSettings = { intervalSeconds: 0.5, collectSeconds: 5, processMetrics: false };

/** The sources that stand for what an aggregator leaves: the counts of those that have ended, and the recorder of its process. */
const totalsId = 'totals';
const ownId = 'own';

/** What takes over the counts that others have left. */
interface Heirs {
  readonly families: MergedFamilies;
  readonly sources: Pick<Sources, 'has' | 'isGone'>;
  readonly limits: Pick<AggregatorLimits, 'maxCells' | 'maxFrameBytes'>;
}

/** What is to be left. */
interface Left {
  /** The recorder of this process, if there is one. */
  readonly recorder: Scrapable | undefined;
  /** The families of those that have ended. */
  readEnded(): readonly ExposedFamily[];
}

/**
 * What an aggregator at a socket leaves to its successor: the counts of the processes that have ended, and its own. Without
 * it, each sum would fall when the process with the aggregator ends. It also takes over the counts of processes that ended
 * while there was no aggregator.
 */
export class Estate {
  readonly #socket: string;
  readonly #path: string;
  readonly #families: MergedFamilies;
  readonly #sources: Pick<Sources, 'has' | 'isGone'>;
  readonly #limits: Heirs['limits'];
  readonly #left: Left;
  #own: Publisher | undefined;
  #saving = Promise.resolve();
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  /** Whether another process has left something. */
  hasInherited = false;
  #cancelExit = (): void => undefined;

  constructor(socket: string, { families, sources, limits }: Heirs, left: Left) {
    this.#sources = sources;
    this.#socket = socket;
    this.#path = leftPath(socket, totalsId);
    this.#families = families;
    this.#limits = limits;
    this.#left = left;
  }

  /** Takes over what others have left, and keeps what is to be left to the next one. */
  open(): void {
    this.#inherit();
    this.#cancelExit = atExit(() => this.#saveNow());
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
    const { recorder } = this.#left;
    if (recorder === undefined) return;
    const path = leftPath(this.#socket, ownId);
    const own = new Publisher(
      recorder,
      ownSettings,
      (events) => new FileUplink(path, events),
      () => undefined,
    );
    own.received({ type: 'welcome', id: own.identity.id });
    this.#own = own;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#cancelExit();
    await this.#saving;
    this.#saveNow();
    await this.#own?.close();
  }

  /**
   * Saves the counts of those that have ended, in the next turn at the earliest. Why not each second: it takes about as long
   * as a scrape, and is needed only when one ends, whose counts are nowhere else then.
   */
  saveSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#saving = this.#saving.then(nextTurn).then(() => this.#save());
  }

  #look(): void {
    this.#looks++;
    this.#inherit();
    if (this.#looks % looksPerSave === 0) this.saveSoon();
  }

  #inherit(): void {
    for (const id of listLeft(this.#socket)) {
      // Why not later: from then on, that file is our own.
      if ((id === totalsId || id === ownId) && this.#looks > 0) continue;
      this.hasInherited = true;
      if (this.#sources.has(id)) continue;
      const file = takeLeftFile(this.#socket, id);
      if (file === undefined || this.#sources.isGone(id)) continue;
      this.#merge(id === ownId ? readStream(file, this.#limits.maxFrameBytes) : [file]);
      this.saveSoon();
    }
  }

  #merge(frames: Iterable<Uint8Array>): void {
    const identity = { id: 'left', pid: process.pid, thread: -1 };
    const left = new ReceivedSource(identity, 0, { send: () => undefined }, this.#families, this.#limits.maxCells);
    try {
      for (const frame of frames) left.receive(frame);
    } catch {
      // Why ignored: a file that cannot be read, of another version for example, counts as absent.
    }
    left.end();
  }

  async #save(): Promise<void> {
    this.#isDue = false;
    try {
      const cells = new ScrapedCells();
      await cells.update(this.#left.readEnded());
      // Why another name than at the end of the process: that may come while this is being written.
      await writeFile(`${this.#path}.saving`, toFrame(cells), { mode: 0o600 });
      await rename(`${this.#path}.saving`, this.#path);
    } catch {
      // Why ignored: a disk that is full must cost no more than this.
    }
  }

  #saveNow(): void {
    const cells = new ScrapedCells();
    cells.updateNow(this.#left.readEnded());
    leaveFile(this.#path, toFrame(cells));
  }
}

function toFrame(source: ScrapedCells): Uint8Array {
  const writer = new FrameWriter(0, true);
  const pending = new PendingChanges();
  source.subscribe(pending)();
  pending.flushInto(writer.changesOf(areas.computed));
  new PublishedCells(source.cells).publish(writer.cellsOf(areas.computed, source.cells.length));
  source.exemplars.visitSince(0, writer.exemplarsOf(areas.computed));
  return writer.finish();
}
