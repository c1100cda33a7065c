import { type ExemplarPool, type ExemplarSlot, type ExemplarSource, ExemplarView, none } from './exemplar-pool.js';
import type { Exemplar } from './exposed-family.js';

// Source: client_golang, the defaults of HistogramOpts.
const maxExemplars = 10;
const expiresAfter = 5 * 60_000;

/**
 * The exemplars of native histograms: at most ten for each series, spread over its values. Where there are ten, an expired
 * one goes first, else the older one of the two that are closest to each other.
 */
export class NativeExemplars {
  readonly #pool: ExemplarPool;
  readonly #views: readonly ExemplarView[];
  /** Why one list: it is filled for each series. */
  readonly #slots: ExemplarSlot[] = [];
  readonly #onChange: (key: number) => void;

  /** @param onChange is told the key of a series whose exemplars have changed. */
  constructor(pool: ExemplarPool, onChange: (key: number) => void = () => undefined) {
    this.#pool = pool;
    this.#onChange = onChange;
    this.#views = Array.from({ length: maxExemplars }, () => new ExemplarView(pool));
  }

  /**
   * Adds an exemplar to a series; returns whether it did.
   *
   * @param key a number of the series that is no bucket.
   * @param time milliseconds since the epoch.
   */
  add(key: number, source: ExemplarSource, value: number, time: number): boolean {
    const pool = this.#pool;
    const slots = this.#list(key);
    // Why not: Prometheus refuses exemplars of a series that are older than its last one.
    if (slots.some((slot) => pool.timeOf(slot) > time)) return false;
    if (slots.length >= maxExemplars) pool.replace(this.#choose(slots, value, time), source, value, time);
    else if (pool.add(key, source, value, time) === none) return false;
    this.#onChange(key);
    return true;
  }

  /** The exemplars of a series in the order of their times. */
  read(key: number): readonly Exemplar[] {
    if (this.#pool.size === 0) return noExemplars;
    return listByTime(this.#pool, key, this.#slots).map((slot, i) => (this.#views[i] as ExemplarView).of(slot));
  }

  clear(key: number): void {
    const slots = this.#list(key);
    if (slots.length === 0) return;
    for (const slot of slots) this.#pool.remove(slot);
    this.#onChange(key);
  }

  #list(key: number): ExemplarSlot[] {
    return listSlots(this.#pool, key, this.#slots);
  }

  /** The one that makes room for a new one of this value. */
  #choose(slots: ExemplarSlot[], value: number, time: number): ExemplarSlot {
    const pool = this.#pool;
    const oldest = slots.reduce((a, b) => (pool.timeOf(b) < pool.timeOf(a) ? b : a));
    if (time - pool.timeOf(oldest) > expiresAfter) return oldest;
    let chosen = oldest;
    let closest = Infinity;
    for (const [i, one] of slots.entries()) {
      // Why the new one too: it is closest to its neighbour where that shows the same.
      const toNew = distance(pool.valueOf(one), value);
      if (toNew < closest) [chosen, closest] = [one, toNew];
      for (const other of slots.slice(i + 1)) {
        const apart = distance(pool.valueOf(one), pool.valueOf(other));
        if (apart < closest) [chosen, closest] = [pool.timeOf(other) < pool.timeOf(one) ? other : one, apart];
      }
    }
    return chosen;
  }
}

/**
 * Lists the exemplars with this key in the order of their times. Why by value next: in this order Prometheus takes several of
 * the same time.
 *
 * @param list is filled, and returned.
 */
export const listByTime = (pool: ExemplarPool, key: number, list: ExemplarSlot[] = []): ExemplarSlot[] =>
  listSlots(pool, key, list).sort((a, b) => pool.timeOf(a) - pool.timeOf(b) || pool.valueOf(a) - pool.valueOf(b));

function listSlots(pool: ExemplarPool, key: number, list: ExemplarSlot[]): ExemplarSlot[] {
  list.length = 0;
  for (let slot = pool.find(key); slot !== none; slot = pool.findNext(slot)) list.push(slot);
  return list;
}

const noExemplars: readonly Exemplar[] = [];

/** How far two values are from each other on a logarithmic scale, which has no place for two signs. */
function distance(a: number, b: number): number {
  if (a === b) return 0;
  return Math.sign(a) === Math.sign(b) ? Math.abs(Math.log(Math.abs(a)) - Math.log(Math.abs(b))) : Infinity;
}
