import type { SourceFailure } from './aggregator-metrics.js';
import type { MergedFamilies } from './merging/merged-families.js';
import type { AggregatorLimits } from './options.js';
import { ReceivedSource } from './received-source.js';
import type { Downlink, DownlinkEvents } from './transports/links.js';
import type { SourceIdentity, UpMessage } from './transports/messages.js';
import { frameVersion } from './wire/frame.js';
import { OtherVersion } from './wire/frame-reader.js';

/** How long the last frame of a source that has ended may take, in milliseconds. */
const endingMs = 1000;
/** How long a process that lives may take to connect again, in milliseconds. */
const reconnectingMs = 10_000;
/** How many sources are remembered that are not merged any more. */
const maxRemembered = 10_000;

/** Observes what is refused. */
export type OnFailure = (reason: SourceFailure, subject: string) => void;

/** All sources that publish to an aggregator: from their hello until they have ended. */
export class Sources implements DownlinkEvents {
  readonly #sources = new Map<string, ReceivedSource>();
  /** Those that have ended or were refused: what they send later would be counted twice, or is not wanted. */
  readonly #gone = new Set<string>();
  readonly #families: MergedFamilies;
  readonly #limits: AggregatorLimits;
  readonly #onFailure: OnFailure;
  /** Gives what a source has left that has ended, if it has left something. */
  lastFrameOf: (id: string) => Uint8Array | undefined = () => undefined;

  constructor(families: MergedFamilies, limits: AggregatorLimits, onFailure: OnFailure) {
    this.#families = families;
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  /** The age of each source in seconds, by its number. */
  ages(): [source: number, seconds: number][] {
    const now = performance.now();
    return [...this.#sources.values()]
      .map(({ worker, lastFrameAt }): [number, number] => [worker, (now - lastFrameAt) / 1000])
      .sort(([a], [b]) => a - b);
  }

  /** Whether this source publishes here: what it leaves is read when it ends. */
  has(id: string): boolean {
    return this.#sources.has(id);
  }

  /** Whether this source has published here, so that its counts are merged already. */
  isGone(id: string): boolean {
    return this.#gone.has(id);
  }

  /** Whether what a source has counted is to be left to the next aggregator, because it will not publish again. */
  hasEnded(source: unknown): boolean {
    return source instanceof ReceivedSource && source.ending !== undefined && !isAlive(source.identity);
  }

  received(link: Downlink, message: UpMessage): void {
    switch (message.type) {
      case 'hello':
        this.#welcome(link, message.source, message.version);
        break;
      case 'frame':
        this.#receive(link, message.id, message.frame);
        break;
      case 'bye':
        this.#end(message.id);
        break;
    }
  }

  closed(link: Downlink): void {
    for (const source of this.#sources.values()) {
      if (source.link !== link) continue;
      const mayReturn = link.mayReopen === true && isAlive(source.identity);
      this.#endSoon(source, mayReturn ? reconnectingMs : endingMs);
    }
  }

  unreadable(link: Downlink): void {
    for (const source of [...this.#sources.values()]) {
      if (source.link === link)
        this.#drop(source, 'malformed', `the process ${source.identity.pid} sends what is no message`);
    }
  }

  threadEnded(thread: number): void {
    for (const source of this.#sources.values()) {
      const { identity } = source;
      if (identity.pid === process.pid && identity.thread === thread) this.#endSoon(source, endingMs);
    }
  }

  /** Forgets all sources. */
  close(): void {
    for (const { ending } of this.#sources.values()) clearTimeout(ending);
    this.#sources.clear();
  }

  #welcome(link: Downlink, identity: SourceIdentity, version: number): void {
    const { id } = identity;
    if (this.#gone.has(id)) return;
    const known = this.#sources.get(id);
    if (known !== undefined) {
      clearTimeout(known.ending);
      known.ending = undefined;
      known.link = link;
    } else if (version !== frameVersion) {
      this.#refuse(link, id, 'version', `the process ${identity.pid} publishes version ${version} of the protocol`);
      return;
    } else if (this.#sources.size >= this.#limits.maxSources) {
      this.#refuse(link, id, 'too_many_sources', `${this.#sources.size} processes and threads publish already`);
      return;
    } else this.#add(identity, link);
    link.send({ type: 'welcome', id });
  }

  #add(identity: SourceIdentity, link: Downlink): void {
    const taken = new Set([...this.#sources.values()].map(({ worker }) => worker));
    let worker = 1;
    while (taken.has(worker)) worker++;
    const { maxCells } = this.#limits;
    this.#sources.set(identity.id, new ReceivedSource(identity, worker, link, this.#families, maxCells));
  }

  #receive(link: Downlink, id: string, frame: Uint8Array): void {
    const source = this.#sources.get(id);
    if (source === undefined) {
      // Why: it has published to another aggregator before, and does not know that there is a new one.
      if (!this.#gone.has(id)) link.send({ type: 'announce' });
      return;
    }
    if (frame.length > this.#limits.maxFrameBytes) {
      this.#drop(source, 'too_large', `the process ${source.identity.pid} publishes ${frame.length} bytes at once`);
      return;
    }
    try {
      if (!source.receive(frame)) link.send({ type: 'welcome', id });
    } catch (error) {
      const reason = error instanceof OtherVersion ? 'version' : 'malformed';
      this.#drop(
        source,
        reason,
        `a frame of the process ${source.identity.pid} cannot be read: ${String((error as Error).message)}`,
      );
    }
  }

  /** Takes a source out that cannot be understood. What it has counted so far stays. */
  #drop(source: ReceivedSource, reason: SourceFailure, subject: string): void {
    this.#remove(source);
    this.#refuse(source.link, source.identity.id, reason, subject);
  }

  #refuse(link: Downlink, id: string, reason: SourceFailure, subject: string): void {
    this.#remember(id);
    link.send({ type: 'refuse', id, reason });
    this.#onFailure(reason, subject);
  }

  #end(id: string): void {
    const source = this.#sources.get(id);
    if (source !== undefined) this.#remove(source);
  }

  #endSoon(source: ReceivedSource, milliseconds: number): void {
    source.ending ??= setTimeout(() => this.#remove(source), milliseconds).unref();
  }

  #remove(source: ReceivedSource): void {
    this.#receiveLast(source);
    source.end();
    this.#sources.delete(source.identity.id);
    this.#remember(source.identity.id);
    // Why: what they have may have its place now.
    for (const other of this.#sources.values()) {
      if (other.isIncomplete) other.link.send({ type: 'welcome', id: other.identity.id });
    }
  }

  #receiveLast(source: ReceivedSource): void {
    const frame = this.lastFrameOf(source.identity.id);
    try {
      if (frame !== undefined) source.receive(frame);
    } catch {
      // Why ignored: what it has published before is there.
    }
  }

  #remember(id: string): void {
    this.#gone.add(id);
    if (this.#gone.size > maxRemembered) this.#gone.delete(this.#gone.values().next().value as string);
  }
}

/** Whether the process of a source lives, as far as can be told. */
function isAlive({ pid }: SourceIdentity): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
