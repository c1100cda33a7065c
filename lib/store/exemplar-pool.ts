import type { SpanIds } from '../recorder/active-span.js';
import type { Exemplar } from './exposed-family.js';

/** Names one exemplar in the pool; `none` for no exemplar. */
export type ExemplarSlot = number;

export const none = 0;

/** What an exemplar shows: the ids of a span, or labels that were given by hand. */
export type ExemplarSource =
  | { readonly span: SpanIds; readonly labels?: undefined }
  | { readonly span?: undefined; readonly labels: Readonly<Record<string, string>> };

/** The labels that such an exemplar shows. */
export const labelsOfSource = ({ span, labels }: ExemplarSource): Readonly<Record<string, string>> =>
  labels ?? { trace_id: span.traceId.toLowerCase(), span_id: span.spanId.toLowerCase() };

/**
 * The words of one exemplar. The last one has the next slot of the chain in its low bits, and in the others what the time
 * has more than 32 bits.
 */
const at = { traceId: 0, spanId: 4, value: 6, key: 8, time: 9, next: 10 } as const;
const wordsPerSlot = 11;
const slotsPerChunk = 256;

const nextBits = 22;
const nextMask = 2 ** nextBits - 1;

/** Times that an exemplar can have are below this: the words have no room for later ones. It is in the year 2109. */
export const maxTime = 2 ** (64 - nextBits);

/** How many exemplars one head leads to on average before there are more heads. */
const maxChainLength = 8;

/**
 * The exemplars of a recorder, each found by a number, its key; several may have the same key. Times are milliseconds since
 * the epoch.
 *
 * Why words in typed arrays, and a hash table of its own: an exemplar takes 45 bytes, and a process with many series has as
 * many exemplars. As an object with two strings it would take 300.
 */
export class ExemplarPool {
  private readonly chunks: Uint32Array[] = [];
  /** The first slot of each chain. Only the first `headCount` of them are in use, which are more than half. */
  private heads = new Uint32Array(16);
  private headCount = 16;
  /** The first of the slots that were removed, which are linked like a chain. */
  private removed: ExemplarSlot = none;
  /** Slot 0 stands for none. */
  private end = 1;
  private count = 0;
  /** The labels that were given by hand. Why apart: nearly all exemplars have none. */
  private readonly labels = new Map<ExemplarSlot, Readonly<Record<string, string>>>();

  /** How many exemplars there are. */
  get size(): number {
    return this.count;
  }

  /** The exemplar with this key that was added last. */
  find(key: number): ExemplarSlot {
    return this.skipOthers(this.heads[this.headOf(key)] as number, key);
  }

  /** The keys of all exemplars, each once. */
  keys(): Set<number> {
    const keys = new Set<number>();
    for (let head = 0; head < this.headCount; head++) {
      for (let slot = this.heads[head] as number; slot !== none; slot = this.nextOf(slot)) {
        keys.add(this.word(slot, at.key));
      }
    }
    return keys;
  }

  /** The exemplar with the same key that was added before this one. */
  findNext(slot: ExemplarSlot): ExemplarSlot {
    return this.skipOthers(this.nextOf(slot), this.word(slot, at.key));
  }

  /** Adds an exemplar; `none` if the pool is full. */
  add(key: number, source: ExemplarSource, value: number, time: number): ExemplarSlot {
    const slot = this.takeSlot();
    if (slot === none) return none;
    if (this.count >= this.headCount * maxChainLength) this.addHead();
    this.count++;
    this.setWord(slot, at.key, key);
    this.link(slot, key);
    this.replace(slot, source, value, time);
    return slot;
  }

  /** Puts another exemplar in the place of one. */
  replace(slot: ExemplarSlot, { span, labels }: ExemplarSource, value: number, time: number): void {
    if (labels !== undefined) this.labels.set(slot, labels);
    else if (this.labels.size > 0) this.labels.delete(slot);
    const { traceId, spanId } = span ?? noIds;
    for (let i = 0; i < 4; i++)
      this.setWord(slot, at.traceId + i, Number.parseInt(traceId.slice(i * 8, i * 8 + 8), 16));
    for (let i = 0; i < 2; i++) this.setWord(slot, at.spanId + i, Number.parseInt(spanId.slice(i * 8, i * 8 + 8), 16));
    double[0] = value;
    this.setWord(slot, at.value, halves[0] as number);
    this.setWord(slot, at.value + 1, halves[1] as number);
    this.setWord(slot, at.time, time % 2 ** 32);
    this.setWord(slot, at.next, this.nextOf(slot) + Math.floor(time / 2 ** 32) * 2 ** nextBits);
  }

  remove(slot: ExemplarSlot): void {
    // Why: an exhausted stack may have interrupted `addHead`, and then some exemplars are found no more.
    if (slot === none) return;
    this.unlink(slot);
    if (this.labels.size > 0) this.labels.delete(slot);
    // Why without a time: what goes through all exemplars must pass over this one.
    this.setWord(slot, at.time, 0);
    this.setWord(slot, at.next, this.removed);
    this.removed = slot;
    this.count--;
  }

  timeOf(slot: ExemplarSlot): number {
    return (this.word(slot, at.next) >>> nextBits) * 2 ** 32 + this.word(slot, at.time);
  }

  keyOf(slot: ExemplarSlot): number {
    return this.word(slot, at.key);
  }

  /** Visits every exemplar that was taken at this time or later, which is above 0. */
  visitSince(time: number, visit: (slot: ExemplarSlot) => void): void {
    if (this.count === 0) return;
    for (let slot = 1; slot < this.end; slot++) if (this.timeOf(slot) >= time) visit(slot);
  }

  valueOf(slot: ExemplarSlot): number {
    halves[0] = this.word(slot, at.value);
    halves[1] = this.word(slot, at.value + 1);
    return double[0] as number;
  }

  labelsOf(slot: ExemplarSlot): Readonly<Record<string, string>> {
    return this.labels.get(slot) ?? this.idsOf(slot);
  }

  /** The source with which an exemplar was added. */
  sourceOf(slot: ExemplarSlot): ExemplarSource {
    const labels = this.labels.get(slot);
    if (labels !== undefined) return { labels };
    const { trace_id: traceId = '', span_id: spanId = '' } = this.idsOf(slot);
    return { span: { traceId, spanId } };
  }

  private idsOf(slot: ExemplarSlot): Readonly<Record<string, string>> {
    for (let i = 0; i < 6; i++) idBytes.writeUInt32BE(this.word(slot, at.traceId + i), i * 4);
    const text = idBytes.toString('hex');
    return { trace_id: text.slice(0, 32), span_id: text.slice(32) };
  }

  private takeSlot(): ExemplarSlot {
    const { removed } = this;
    if (removed !== none) {
      this.removed = this.nextOf(removed);
      return removed;
    }
    if (this.end > nextMask) return none;
    if (this.end >= this.chunks.length * slotsPerChunk) this.chunks.push(new Uint32Array(slotsPerChunk * wordsPerSlot));
    return this.end++;
  }

  private skipOthers(first: ExemplarSlot, key: number): ExemplarSlot {
    let slot = first;
    while (slot !== none && this.word(slot, at.key) !== key) slot = this.nextOf(slot);
    return slot;
  }

  // Why a multiplication: the keys are indexes, which often have a common factor. Why shifted: its upper bits are mixed best.
  private headOf(key: number): number {
    const hash = Math.imul(key, 0x9e3779b1);
    const head = (hash ^ (hash >>> 15)) & (this.heads.length - 1);
    return head < this.headCount ? head : head - this.heads.length / 2;
  }

  private link(slot: ExemplarSlot, key: number): void {
    const head = this.headOf(key);
    this.setNext(slot, this.heads[head] as number);
    this.heads[head] = slot;
  }

  private unlink(slot: ExemplarSlot): void {
    const head = this.headOf(this.word(slot, at.key));
    const next = this.nextOf(slot);
    let before = this.heads[head] as number;
    if (before === slot) this.heads[head] = next;
    else {
      while (this.nextOf(before) !== slot) before = this.nextOf(before);
      this.setNext(before, next);
    }
  }

  /**
   * Adds one head, which takes its share of the chain of one other.
   *
   * Why one at a time: a call of the service waits for it. To link a million exemplars anew takes half a second.
   */
  private addHead(): void {
    const added = this.headCount;
    if (added === this.heads.length) {
      const { heads } = this;
      this.heads = new Uint32Array(heads.length * 2);
      this.heads.set(heads);
    }
    const shared = added - this.heads.length / 2;
    // Why in the other order: of exemplars with one key, the last one stays the first.
    const chain: ExemplarSlot[] = [];
    for (let slot = this.heads[shared] as number; slot !== none; slot = this.nextOf(slot)) chain.push(slot);
    this.headCount++;
    this.heads[shared] = none;
    for (const slot of chain.reverse()) this.link(slot, this.word(slot, at.key));
  }

  private nextOf(slot: ExemplarSlot): ExemplarSlot {
    return this.word(slot, at.next) & nextMask;
  }

  private setNext(slot: ExemplarSlot, next: ExemplarSlot): void {
    this.setWord(slot, at.next, this.word(slot, at.next) - this.nextOf(slot) + next);
  }

  private word(slot: ExemplarSlot, word: number): number {
    return (this.chunks[slot >>> 8] as Uint32Array)[(slot & 255) * wordsPerSlot + word] as number;
  }

  private setWord(slot: ExemplarSlot, word: number, value: number): void {
    (this.chunks[slot >>> 8] as Uint32Array)[(slot & 255) * wordsPerSlot + word] = value;
  }
}

const noIds: SpanIds = { traceId: '0'.repeat(32), spanId: '0'.repeat(16) };

// Why shared: they are written and read in one go.
const idBytes = Buffer.alloc(24);
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** One exemplar of a pool as it is exposed. Why read when it is asked: not every format writes exemplars. */
export class ExemplarView implements Exemplar {
  private readonly pool: ExemplarPool;
  private slot: ExemplarSlot = none;

  constructor(pool: ExemplarPool) {
    this.pool = pool;
  }

  /** This view of another exemplar. */
  of(slot: ExemplarSlot): this {
    this.slot = slot;
    return this;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.pool.labelsOf(this.slot);
  }

  get value(): number {
    return this.pool.valueOf(this.slot);
  }

  get timestamp(): number {
    return this.pool.timeOf(this.slot) / 1000;
  }
}
