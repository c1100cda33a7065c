import type { CellExemplar, CellExemplars, SourceExemplars } from './cells.js';
import { ExemplarPool, type ExemplarSlot, type ExemplarSource, ExemplarView, maxTime, none } from './exemplar-pool.js';
import type { Exemplar } from './exposed-family.js';
import { listByTime, NativeExemplars } from './native-exemplars.js';

/** The exemplars with this key in the order of their times. */
export function readSeveral(pool: ExemplarPool, key: number): readonly Exemplar[] {
  return listByTime(pool, key).map((slot) => new ExemplarView(pool).of(slot));
}

/** Visits what a pool has had since a time, the oldest first. */
export function visitSince(
  pool: ExemplarPool,
  time: number,
  isOneOfSeveral: (key: number) => boolean,
  visit: (exemplar: CellExemplar) => void,
): void {
  const slots: ExemplarSlot[] = [];
  pool.visitSince(Math.max(time, 1), (slot) => slots.push(slot));
  slots.sort((a, b) => pool.timeOf(a) - pool.timeOf(b));
  for (const slot of slots) {
    const index = pool.keyOf(slot);
    visit({
      index,
      isOneOfSeveral: isOneOfSeveral(index),
      source: pool.sourceOf(slot),
      value: pool.valueOf(slot),
      time: pool.timeOf(slot),
    });
  }
}

/** Exemplars of cells that are read elsewhere, and can be published: what counts is when they came. */
export class ScrapedExemplars implements SourceExemplars {
  readonly #pooled = new PooledExemplars();
  /** When the last exemplar of each cell came. */
  readonly #arrivals = new Map<number, number>();

  get isEmpty(): boolean {
    return this.#pooled.isEmpty;
  }

  take(exemplar: CellExemplar): void {
    if (this.#pooled.take(exemplar)) this.#arrivals.set(exemplar.index, Date.now());
  }

  free(first: number, width: number): void {
    this.#pooled.free(first, width);
    if (this.#arrivals.size > 0) for (let i = first; i < first + width; i++) this.#arrivals.delete(i);
  }

  timeOf(index: number): number {
    return this.#pooled.timeOf(index);
  }

  readCell(index: number): Exemplar | undefined {
    return this.#pooled.readCell(index);
  }

  readSeveral(index: number): readonly Exemplar[] {
    return this.#pooled.readSeveral(index);
  }

  visitSince(time: number, visit: (exemplar: CellExemplar) => void): void {
    this.#pooled.visitAll((exemplar) => {
      if ((this.#arrivals.get(exemplar.index) ?? 0) >= time) visit(exemplar);
    });
  }
}

/** Exemplars of cells that another process or thread has taken: the newest of each cell. */
export class PooledExemplars implements CellExemplars {
  readonly #pool = new ExemplarPool();
  readonly #several = new NativeExemplars(this.#pool);
  /** The cells that have several. */
  readonly #cellsWithSeveral = new Set<number>();

  get isEmpty(): boolean {
    return this.#pool.size === 0;
  }

  /** Takes an exemplar, unless its cell has it or a newer one; returns whether it did. */
  take({ index, isOneOfSeveral, source, value, time }: CellExemplar): boolean {
    if (!(time > 0 && time < maxTime)) return false;
    if (!isOneOfSeveral) return this.#takeNewest(index, source, value, time);
    if (this.#has(index, value, time) || !this.#several.add(index, source, value, time)) return false;
    this.#cellsWithSeveral.add(index);
    return true;
  }

  /** Forgets the exemplars of these cells side by side. */
  free(first: number, width: number): void {
    if (this.isEmpty) return;
    for (let index = first; index < first + width; index++) {
      this.#cellsWithSeveral.delete(index);
      this.#several.clear(index);
    }
  }

  timeOf(index: number): number {
    const slot = this.#pool.find(index);
    return slot === none ? 0 : this.#pool.timeOf(slot);
  }

  readCell(index: number): Exemplar | undefined {
    const slot = this.#pool.find(index);
    return slot === none ? undefined : new ExemplarView(this.#pool).of(slot);
  }

  readSeveral(index: number): readonly Exemplar[] {
    return this.isEmpty ? [] : readSeveral(this.#pool, index);
  }

  /** Visits every exemplar, the oldest of a cell first. */
  visitAll(visit: (exemplar: CellExemplar) => void): void {
    visitSince(this.#pool, 0, (index) => this.#cellsWithSeveral.has(index), visit);
  }

  /** Why asked: an exemplar of the very millisecond of a publication may come twice. */
  #has(index: number, value: number, time: number): boolean {
    return this.readSeveral(index).some((one) => one.value === value && one.timestamp === time / 1000);
  }

  #takeNewest(index: number, source: ExemplarSource, value: number, time: number): boolean {
    const slot = this.#pool.find(index);
    if (slot === none) return this.#pool.add(index, source, value, time) !== none;
    if (time <= this.#pool.timeOf(slot)) return false;
    this.#pool.replace(slot, source, value, time);
    return true;
  }
}
