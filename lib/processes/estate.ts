import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { ExposedFamily } from '../store/exposed-family.js';
import { atExit } from './at-exit.js';
import type { MergedFamilies } from './merging/merged-families.js';
import { ReceivedSource } from './received-source.js';
import { areas } from './wire/frame.js';
import { FrameWriter } from './wire/frame-writer.js';
import { PendingChanges } from './wire/pending-changes.js';
import { PublishedCells } from './wire/published-cells.js';
import { ScrapedCells } from './wire/scraped-cells.js';

/** How old the file may be, in milliseconds. Why so little: it is for the process that takes over, not for a new start. */
const maxAgeMs = 60_000;
/** How often it is written while the aggregator runs, in milliseconds. */
const saveMs = 5000;

/**
 * What an aggregator at a socket leaves to the process that takes its place: the counts of the processes that have ended, and
 * its own. It is a file beside the socket, in a folder that nobody else can read. Without it, each sum would fall when the
 * process ends that has the aggregator.
 */
export class Estate {
  readonly #path: string;
  readonly #families: MergedFamilies;
  readonly #read: () => readonly ExposedFamily[];
  #timer: NodeJS.Timeout | undefined;
  #cancelExit = (): void => undefined;

  /** @param read gives the families that are to be left. */
  constructor(socket: string, families: MergedFamilies, read: () => readonly ExposedFamily[]) {
    this.#path = `${socket}.totals`;
    this.#families = families;
    this.#read = read;
  }

  /** Takes over what another process has left, and keeps what is to be left to the next one. */
  open(maxCells: number): void {
    this.#inherit(maxCells);
    this.#cancelExit = atExit(() => this.#saveNow());
    this.#timer = setInterval(() => void this.#save(), saveMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#cancelExit();
    this.#saveNow();
  }

  #inherit(maxCells: number): void {
    try {
      if (Date.now() - statSync(this.#path).mtimeMs > maxAgeMs) return;
      const identity = { id: 'estate', pid: process.pid, thread: -1 };
      const left = new ReceivedSource(identity, 0, { send: () => undefined }, this.#families, maxCells);
      left.receive(readFileSync(this.#path));
      left.end();
    } catch {
      // Why ignored: there is none, or it cannot be read; then the counts begin anew.
    } finally {
      rmSync(this.#path, { force: true });
    }
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
    try {
      const cells = new ScrapedCells();
      cells.updateNow(this.#read());
      writeFileSync(`${this.#path}.new`, toFrame(cells), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // Why ignored: a process that ends must not fail because of its metrics.
    }
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
