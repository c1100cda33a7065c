import type { SourceFailure } from './aggregator-metrics.js';
import type { MergedFamilies } from './merging/merged-families.js';
import type { AggregatorLimits } from './options.js';
import { ReceivedSource, TooManyCells } from './received-source.js';
import { SilentThreads } from './silent-threads.js';
import type { Downlink, DownlinkEvents } from './transports/links.js';
import type { SourceIdentity, UpMessage } from './transports/messages.js';
import { frameVersion } from './wire/frame.js';
import { OtherVersion } from './wire/frame-reader.js';

/** How long the last frame of a source that has ended may take, in milliseconds. */
const endingMs = 1000;
/** How many sources may be away at a time. Why a limit: a process of another container lives for ever, as far as can be told. */
const maxAway = 16;
/** How many sources are remembered that are not merged any more. */
const maxRemembered = 10_000;

type Hello = Extract<UpMessage, { readonly type: 'hello' }>;

/** Observes what is refused. */
export type OnFailure = (reason: SourceFailure, subject: string) => void;

/** All sources that publish to an aggregator: from their hello until they have ended. */
export class Sources implements DownlinkEvents {
  readonly #sources = new Map<string, ReceivedSource>();
  /** Those that cannot be reached although their process lives, in the order in which they have left. */
  readonly #away = new Set<ReceivedSource>();
  /** Those that have ended or were refused: what they send later would be counted twice, or is not wanted. */
  readonly #gone = new Set<string>();
  readonly #families: MergedFamilies;
  readonly #limits: AggregatorLimits;
  readonly #onFailure: OnFailure;
  readonly #silentThreads = new SilentThreads();
  /** Gives what a source has left that has ended, if it has left something. */
  lastFrameOf: (id: string) => Uint8Array | undefined = () => undefined;
  /** Is called after a source has ended, when what it has counted is left. */
  onEnded = (): void => undefined;

  constructor(families: MergedFamilies, limits: AggregatorLimits, onFailure: OnFailure) {
    this.#families = families;
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  /** The age of each source in seconds, by its number. */
  ages(): [source: number, seconds: number][] {
    const now = performance.now();
    return [...this.#sources.values()]
      .filter((source) => !this.#away.has(source))
      .map(({ worker, lastFrameAt }): [number, number] => [worker, (now - lastFrameAt) / 1000])
      .sort(([a], [b]) => a - b);
  }

  /** A thread that lives and publishes nothing, if there is one. Asked at each scrape. */
  findSilentThread(): SourceIdentity | undefined {
    return this.#silentThreads.find([...this.#sources.values()]);
  }

  /** The ids of the sources whose numbers may change yet. */
  get known(): ReadonlySet<string> {
    return new Set(this.#sources.keys());
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
        this.#welcome(link, message);
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
      this.#endSoon(source, mayReturn(source) ? this.#limits.reconnectSeconds * 1000 : endingMs);
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
    this.#away.clear();
  }

  #welcome(link: Downlink, { source: identity, version, intervalSeconds }: Hello): void {
    const { id } = identity;
    if (this.#gone.has(id)) {
      // Why refused: what it has counted is merged, and would be so once more.
      link.send({ type: 'refuse', id, reason: 'it was away for too long' });
      return;
    }
    const known = this.#sources.get(id);
    if (known !== undefined) {
      clearTimeout(known.ending);
      known.ending = undefined;
      known.link = link;
      this.#away.delete(known);
    } else if (version !== frameVersion) {
      this.#refuse(link, id, 'version', `the process ${identity.pid} publishes version ${version} of the protocol`);
      return;
    } else if (this.#sources.size - this.#away.size >= this.#limits.maxSources) {
      this.#refuse(link, id, 'too_many_sources', `${this.#sources.size} processes and threads publish already`);
      return;
    } else this.#add(identity, link, intervalSeconds);
    link.send({ type: 'welcome', id });
  }

  #add(identity: SourceIdentity, link: Downlink, intervalSeconds: number): void {
    const taken = new Set([...this.#sources.values()].map(({ worker }) => worker));
    let worker = 1;
    while (taken.has(worker)) worker++;
    const { maxCells } = this.#limits;
    const source = new ReceivedSource(identity, worker, link, this.#families, maxCells);
    source.intervalSeconds = intervalSeconds;
    this.#sources.set(identity.id, source);
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
      const reason = reasonOf(error);
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
    source.ending ??= setTimeout(() => this.#endOrLeave(source), milliseconds).unref();
  }

  /** Why not ended at once where its process lives: what it had counted would be there twice when it comes back. */
  #endOrLeave(source: ReceivedSource): void {
    source.ending = undefined;
    if (!mayReturn(source)) {
      this.#remove(source);
      return;
    }
    if (!this.#away.has(source)) {
      this.#away.add(source);
      source.leave();
    }
    const [first] = this.#away;
    if (first !== undefined && this.#away.size > maxAway) this.#remove(first);
    if (this.#sources.has(source.identity.id)) this.#endSoon(source, this.#limits.reconnectSeconds * 1000);
  }

  #remove(source: ReceivedSource): void {
    this.#receiveLast(source);
    source.end();
    this.#sources.delete(source.identity.id);
    this.#away.delete(source);
    this.#remember(source.identity.id);
    this.onEnded();
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

function reasonOf(error: unknown): SourceFailure {
  if (error instanceof TooManyCells) return 'too_large';
  return error instanceof OtherVersion ? 'version' : 'malformed';
}

/** Whether a source that is not connected may connect again. */
const mayReturn = ({ link, identity }: ReceivedSource): boolean => link.mayReopen === true && isAlive(identity);

/** Whether the process of a source lives, as far as can be told. */
function isAlive({ pid }: SourceIdentity): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
