import { randomBytes } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import { singleFlight } from '../async/single-flight.js';
import { loadProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import type { CellSource } from '../store/cells.js';
import type { Scrapable } from '../store/exposed-family.js';
import { atExit } from './at-exit.js';
import { SourceReader } from './source-reader.js';
import type { Uplink, UplinkEvents } from './transports/links.js';
import type { DownMessage, SourceIdentity } from './transports/messages.js';
import { ClearingLog } from './wire/clearing-log.js';
import { type FollowedRestarts, followRestarts } from './wire/counted-before.js';
import { areas, frameVersion } from './wire/frame.js';
import { FrameWriter } from './wire/frame-writer.js';
import { PendingChanges } from './wire/pending-changes.js';
import { PublishedCells } from './wire/published-cells.js';
import { ScrapedCells } from './wire/scraped-cells.js';

/** How a recorder is published, with the defaults filled in. */
export interface PublisherSettings {
  readonly intervalSeconds: number;
  readonly collectSeconds: number;
  readonly processMetrics: boolean;
}

/** So many seconds a collector may take, however often it runs: no two of its runs are at the same time. */
const leastTimeout = 1;

/** So many milliseconds for each second of the interval it waits for an uplink that is busy. */
const busyPause = 100;

/** A set of cells that is published. */
interface PublishedArea {
  readonly number: number;
  readonly source: CellSource;
  readonly cells: PublishedCells;
  readonly pending: PendingChanges;
  readonly clearing: ClearingLog;
  /** When exemplars were published last, in milliseconds since the epoch. */
  exemplarsAt: number;
  unsubscribe(): void;
}

/**
 * Publishes a recorder to an aggregator: all that there is once it is welcome, then what has changed. Nothing is read, and no
 * change of series is noted, while nobody is there to publish to.
 */
export class Publisher implements UplinkEvents {
  readonly identity: SourceIdentity = { id: randomBytes(12).toString('hex'), pid: process.pid, thread: threadId };
  readonly #reader: SourceReader;
  readonly #settings: PublisherSettings;
  readonly #onRefused: (reason: string) => void;
  readonly #uplink: Uplink;
  #areas: readonly PublishedArea[] = [];
  #timer: NodeJS.Timeout | undefined;
  #collectedAt = -Infinity;
  /** How many frames there were. Why not since the last complete one: if that got lost, the next must not seem to follow an older one. */
  #frames = 0;
  /** Whether the next frame says all that there is. */
  #isComplete = true;
  #isClosed = false;
  readonly #before = new ScrapedCells();
  #restarts: FollowedRestarts | undefined;
  #wasWelcome = false;
  readonly #cancelExit: () => void;

  /**
   * @param connect connects to the aggregator, and hands on what it says to the publisher.
   * @param onRefused is told why the aggregator does not want what is published.
   */
  constructor(
    recorder: Scrapable,
    settings: PublisherSettings,
    connect: (events: UplinkEvents) => Uplink,
    onRefused: (reason: string) => void,
  ) {
    this.#reader = new SourceReader(recorder, settings.processMetrics);
    this.#settings = settings;
    this.#onRefused = onRefused;
    if (settings.processMetrics) void loadProcessMetrics();
    this.#uplink = connect(this);
    this.#cancelExit = atExit(() => this.#publishLast());
  }

  opened(): void {
    if (this.#isClosed) return;
    const { intervalSeconds } = this.#settings;
    this.#uplink.send({ type: 'hello', source: this.identity, version: frameVersion, intervalSeconds });
  }

  received(message: DownMessage): void {
    if (this.#isClosed) return;
    if (message.type === 'announce') this.opened();
    else if (message.id === this.identity.id) {
      if (message.type === 'welcome') this.#begin();
      else this.#stop(message.reason);
    }
  }

  closed(): void {
    this.#end();
  }

  /** Publishes what has changed now. Nothing happens where no aggregator is connected. */
  readonly publish = singleFlight(async (): Promise<void> => {
    if (this.#areas.length === 0) return;
    await this.#reader.prepare();
    // Why not waited for: a collector that hangs must not keep back the other numbers.
    if (performance.now() - this.#collectedAt >= this.#settings.collectSeconds * 1000) void this.#collect();
    this.#send();
  });

  readonly #collect = singleFlight(async (): Promise<void> => {
    this.#collectedAt = performance.now();
    await this.#reader.collect(Math.max(this.#settings.collectSeconds, leastTimeout)).catch(() => undefined);
  });

  /** Publishes what has changed, says goodbye, and publishes no more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#areas.length > 0) await this.#collect();
    await this.publish();
    this.#isClosed = true;
    this.#leaveBehind();
    this.#disconnect();
  }

  /** Publishes no more, and leaves nothing: this process has the aggregator now. */
  discard(): void {
    this.#isClosed = true;
    this.#end();
    this.#disconnect();
  }

  #begin(): void {
    this.#openAreas();
    this.#wasWelcome = true;
    this.#collectedAt = -Infinity;
    this.#publishAgain();
  }

  #openAreas(): void {
    this.#end();
    const { stored, computed } = this.#reader;
    const read = [
      ...(stored === undefined ? [] : [[areas.stored, stored] as const]),
      [areas.computed, computed] as const,
    ];
    // Why from then on always: what begins again while nobody is connected must not get lost.
    this.#restarts ??= followRestarts(
      read.map(([, source]) => source),
      this.#before,
    );
    const sources = [...read, [areas.before, this.#before] as const];
    this.#areas = sources.map(([number, source]) => publishArea(number, source));
    this.#isComplete = true;
  }

  /** Why also while an aggregator is there: it may end at the same moment, without having read what was sent. */
  #leaveBehind(): void {
    if (!this.#wasWelcome || this.#uplink.leaveBehind === undefined) return;
    const isConnected = this.#areas.length > 0;
    this.#openAreas();
    this.#uplink.leaveBehind(this.identity.id, this.#writeFrame());
    if (!isConnected) this.#end();
  }

  #publishAgain(): void {
    const { isBusy } = this.#uplink;
    const published = isBusy ? Promise.resolve() : this.publish();
    const pause = this.#settings.intervalSeconds * (isBusy ? busyPause : 1000);
    // Why caught: what fails must cost no more than one frame.
    void published
      .catch(() => undefined)
      .then(() => {
        if (this.#areas.length === 0 || this.#isClosed) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#publishAgain(), pause).unref();
      });
  }

  #send(): void {
    if (this.#areas.length === 0) return;
    if (this.#areas.some(({ pending }) => pending.isIncomplete)) this.#startAnew();
    const frame = this.#writeFrame();
    this.#uplink.send({ type: 'frame', id: this.identity.id, frame });
  }

  #startAnew(): void {
    this.#areas = this.#areas.map(({ number, source, unsubscribe }) => {
      unsubscribe();
      return publishArea(number, source);
    });
    this.#isComplete = true;
  }

  #writeFrame(): Uint8Array {
    // Why told: a complete one has all series, and all numbers but those that are 0.
    const writer = new FrameWriter(this.#frames++, this.#isComplete);
    this.#isComplete = false;
    const now = Date.now();
    this.#restarts?.settle();
    for (const area of this.#areas) {
      const { number, source, cells, pending, clearing } = area;
      if (pending.count > 0) {
        clearing.log = writer.changesOf(number);
        pending.flushInto(clearing);
        // Why: the log has the whole frame, which nobody needs later.
        clearing.log = undefined;
      }
      // Why not always: most sources have nothing that began again.
      if (source.cells.length > 1) cells.publish(writer.cellsOf(number, source.cells.length));
      // Why all where the clock went back: newer ones may have times that seem older.
      source.exemplars?.visitSince(now < area.exemplarsAt ? 0 : area.exemplarsAt, writer.exemplarsOf(number));
      area.exemplarsAt = now;
    }
    return writer.finish();
  }

  /** The process ends: what has changed is sent at once, or it is lost. */
  #publishLast(): void {
    // Why one of both: a frame that was read already must not be missed by the one in the file.
    if (this.#uplink.leaveBehind === undefined) this.#send();
    else this.#leaveBehind();
    if (this.#areas.length > 0) this.#uplink.send({ type: 'bye', id: this.identity.id });
  }

  #stop(reason: string): void {
    this.#isClosed = true;
    this.#onRefused(reason);
    this.#end();
    this.#disconnect();
  }

  #disconnect(): void {
    this.#cancelExit();
    this.#restarts?.close();
    if (this.#areas.length > 0) this.#uplink.send({ type: 'bye', id: this.identity.id });
    this.#end();
    this.#uplink.close();
  }

  #end(): void {
    clearTimeout(this.#timer);
    for (const { unsubscribe } of this.#areas) unsubscribe();
    this.#areas = [];
  }
}

function publishArea(number: number, source: CellSource): PublishedArea {
  const pending = new PendingChanges();
  const cells = new PublishedCells(source.cells);
  const clearing = new ClearingLog((first, width) => cells.clear(first, width));
  return { number, source, pending, cells, clearing, exemplarsAt: 0, unsubscribe: source.subscribe(pending) };
}
