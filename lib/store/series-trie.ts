import type { SeriesId } from '../recorder/metrics-recorder.js';
import { isSubstitute } from './label-guard.js';
import type { LabelGuards } from './label-guards.js';
import { maxLength } from './label-text.js';

/** A label value leads to the branch of the next label, and the value of the last label to the series. */
type Branch = Map<unknown, Branch | SeriesId>;

/**
 * What a raw label value leads to. Why a long one is not looked for: nearly all of them are cut, and to hash one takes 1.6 ns a
 * character.
 * Why not by `isLong`: a new series asks four times, before its code is compiled.
 */
const find = (branch: Branch, raw: unknown): Branch | SeriesId | undefined =>
  typeof raw === 'string' && raw.length > maxLength ? undefined : branch.get(raw);

/** After how many series a walk yields. */
const seriesPerStep = 64;

/** Visits series in the order in which they were created, label by label. */
export interface SeriesVisitor {
  /** The label at this depth has this value, until the next call at the same or a lesser depth. */
  label(depth: number, value: string): void;
  /** A series with the labels that were given last. */
  series(series: SeriesId): void;
}

/**
 * Label sets and their series: one level of Maps for each label, so that no separator can make two label sets one.
 *
 * The strings of a branch are label values. A raw value of another type (1, true, null) is an alias beside the string that it
 * stands for, so that it is found without being converted again.
 */
export class SeriesTrie {
  private readonly last: number;
  private root: Branch = new Map();
  #size = 0;
  #aliases = 0;

  /** @param depth how many labels there are; a family without labels has one label that is always empty. */
  constructor(depth: number) {
    this.last = Math.max(depth, 1) - 1;
  }

  /** How many series there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * The series with these raw label values, `undefined` if there is none. Only for families of at most three labels. Why not
   * a list: it would be allocated at every call.
   */
  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    const ofA = find(this.root, a);
    if (this.last === 0 || ofA === undefined) return ofA as SeriesId | undefined;
    const ofB = find(ofA as Branch, b);
    if (this.last === 1 || ofB === undefined) return ofB as SeriesId | undefined;
    return find(ofB as Branch, c) as SeriesId | undefined;
  }

  /** The same for any number of labels. */
  lookupAll(raw: readonly unknown[]): SeriesId | undefined {
    let branch = this.root;
    for (let depth = 0; depth < this.last; depth++) {
      const next = branch.get(raw[depth]);
      if (next === undefined) return undefined;
      branch = next as Branch;
    }
    return branch.get(raw[this.last]) as SeriesId | undefined;
  }

  /** The same. A raw value that no series has as it stands is replaced by the label value that its guard knows for it. */
  lookupKnown(raw: readonly unknown[], guards: LabelGuards, allowOverflow: boolean): SeriesId | undefined {
    let branch = this.root;
    for (let depth = 0; depth <= this.last; depth++) {
      let next = find(branch, raw[depth]);
      if (next === undefined) {
        const isFull = this.#size >= guards.maxUnfolded(allowOverflow);
        const value = guards.resolveKnown(depth, raw[depth], allowOverflow, isFull);
        // Why tested: the raw value undefined may be an alias in this branch.
        next = value === undefined ? undefined : branch.get(value);
        if (next === undefined) return undefined;
      }
      branch = next as Branch;
    }
    return branch as unknown as SeriesId;
  }

  /**
   * Inserts a series with label values that no other series has. Returns the depth from which on they have branches of their
   * own: a label value is in the trie once for each branch of the labels before it.
   */
  insert(values: readonly string[], series: SeriesId): number {
    let branch = this.root;
    let own = this.last;
    for (let depth = 0; depth < this.last; depth++) {
      const value = values[depth] as string;
      let next = branch.get(value);
      if (next === undefined) {
        next = new Map();
        branch.set(value, next);
        own = Math.min(own, depth);
      }
      branch = next as Branch;
    }
    branch.set(values[this.last] ?? '', series);
    this.#size++;
    return own;
  }

  /** Makes the raw values that are no strings lead to the series with these label values too, up to a number of aliases. */
  addAliases(values: readonly string[], raw: readonly unknown[], maxAliases: number): void {
    let branch = this.root;
    for (let depth = 0; depth <= this.last; depth++) {
      const next = branch.get(values[depth] ?? '') as Branch;
      const isAlias = typeof raw[depth] !== 'string' && !isSubstitute(values[depth]);
      if (isAlias && this.#aliases < maxAliases && !branch.has(raw[depth])) {
        branch.set(raw[depth], next);
        this.#aliases++;
      }
      branch = next;
    }
  }

  /**
   * Removes the series with these label values and returns them; `undefined` stands for any value. What the first labels
   * decide alone takes the same time in a trie of any size.
   *
   * @param guards count the label values of the trie: what is not in it any more is released.
   * @param isWalked whether a walk that has begun must see either all of these series or none.
   */
  remove(values: readonly (string | undefined)[], guards: LabelCounts, isWalked: boolean): SeriesId[] {
    const decided = values.findLastIndex((value) => value !== undefined) + 1;
    // Why not otherwise: what goes with one entry goes at once.
    const copies = isWalked && values.slice(0, decided).includes(undefined);
    const removed: SeriesId[] = [];
    this.root = this.#removeFrom(this.root, 0, { values, decided, copies, guards, removed });
    this.#size -= removed.length;
    return removed;
  }

  /** The branch without the series that are to be removed. It is another one where a walk may go on with this one. */
  #removeFrom(branch: Branch, depth: number, removal: Removal): Branch {
    const given = removal.values[depth];
    let rest = branch;
    for (const value of given === undefined ? branch.keys() : [given]) {
      const next = typeof value === 'string' ? rest.get(value) : undefined;
      if (next === undefined) continue;
      const kept = this.#keptOf(next, depth, removal);
      if (kept === next) continue;
      if (removal.copies && rest === branch) rest = new Map(branch);
      this.#replace(rest, { depth, value: value as string, next }, kept, removal.guards);
    }
    return rest;
  }

  /** What is kept of that to which an entry leads; `undefined` for nothing. */
  #keptOf(next: Branch | SeriesId, depth: number, removal: Removal): Branch | undefined {
    if (depth + 1 >= removal.decided) {
      this.#removeAll(next, depth + 1, removal);
      return undefined;
    }
    const rest = this.#removeFrom(next as Branch, depth + 1, removal);
    return rest.size === 0 ? undefined : rest;
  }

  #removeAll(next: Branch | SeriesId, depth: number, removal: Removal): void {
    if (depth > this.last) {
      removal.removed.push(next as SeriesId);
      return;
    }
    for (const [value, below] of next as Branch) {
      if (typeof value !== 'string') this.#aliases--;
      else {
        this.#removeAll(below, depth + 1, removal);
        removal.guards.release(depth, value);
      }
    }
  }

  /** Makes an entry and its aliases lead to what is kept, or removes them. */
  #replace(branch: Branch, { depth, value, next }: Entry, kept: Branch | undefined, guards: LabelCounts): void {
    if (this.#aliases > 0) {
      for (const raw of listAliases(guards.originOf(depth, value))) {
        if (branch.get(raw) !== next) continue;
        if (kept !== undefined) branch.set(raw, kept);
        else if (branch.delete(raw)) this.#aliases--;
      }
    }
    if (kept !== undefined) branch.set(value, kept);
    else {
      branch.delete(value);
      guards.release(depth, value);
    }
  }

  /** Changes the series with another trie of the same labels. A walk that has begun goes on with what it has begun with. */
  exchange(other: SeriesTrie): void {
    const { root } = this;
    this.root = other.root;
    other.root = root;
    [this.#size, other.#size] = [other.#size, this.#size];
    [this.#aliases, other.#aliases] = [other.#aliases, this.#aliases];
  }

  /** Visits every series, depth first. */
  visit(visitor: SeriesVisitor): void {
    for (const _ of this.walk(visitor));
  }

  /**
   * Visits every series, depth first, and yields after each hundred or so. A series that is created meanwhile may or may not
   * be visited.
   */
  walk(visitor: SeriesVisitor, reborn: Reborn = noneReborn): Iterable<void> {
    return walkBranch(this.root, 0, createWalk(visitor, this.last, reborn));
  }
}

/** Counts the label values of a trie. */
export type LabelCounts = Pick<LabelGuards, 'release' | 'originOf'>;

/** For a trie whose label values were counted elsewhere. */
export const uncounted: LabelCounts = { release: () => undefined, originOf: (_depth, value) => value };

interface Removal {
  readonly values: readonly (string | undefined)[];
  /** From this depth on, the labels may have any value. */
  readonly decided: number;
  /** Whether branches are copied before they change. */
  readonly copies: boolean;
  readonly guards: LabelCounts;
  readonly removed: SeriesId[];
}

interface Entry {
  readonly depth: number;
  readonly value: string;
  readonly next: Branch | SeriesId;
}

/** The raw values of other types than a string that may have become this text. */
function listAliases(text: string): readonly unknown[] {
  switch (text) {
    case '':
      return [undefined, null];
    case 'true':
    case 'false':
      return [text === 'true'];
    default:
      return /^-?\d+$/.test(text) ? [Number(text), BigInt(text)] : [Number(text)];
  }
}

/** Series that a walk does not visit, although it finds them. */
export interface Reborn {
  /** For each series with the label values of one that was removed during a walk: how many walks had begun by then. */
  readonly series: ReadonlyMap<SeriesId, number>;
  /** How many walks have begun, this one included. */
  readonly walk: number;
}

interface Walk {
  readonly visitor: SeriesVisitor;
  readonly last: number;
  /** Visits one entry of a branch of the last label. */
  readonly visitLeaf: (series: Branch | SeriesId, value: unknown) => void;
  /** How many series were visited since the walk yielded. */
  series: number;
}

const noneReborn: Reborn = { series: new Map(), walk: 0 };

function createWalk(visitor: SeriesVisitor, last: number, reborn: Reborn): Walk {
  const visitLeaf = (series: Branch | SeriesId, value: unknown): void => {
    if (typeof value !== 'string') return;
    if (reborn.series.size > 0 && (reborn.series.get(series as SeriesId) ?? 0) >= reborn.walk) return;
    visitor.label(last, value);
    visitor.series(series as SeriesId);
  };
  return { visitor, last, visitLeaf, series: 0 };
}

function* walkBranch(branch: Branch, depth: number, walk: Walk): Generator<void> {
  const entries = branch.entries();
  for (;;) {
    const next = visitEntries(entries, depth, walk);
    if (next === 'ended') return;
    if (next !== 'paused') yield* walkBranch(next, depth + 1, walk);
    if (walk.series < seriesPerStep) continue;
    walk.series = 0;
    yield;
  }
}

/**
 * Visits entries until the walk is to yield, or until one leads to a large branch, which is returned.
 *
 * Why no part of the generator: there each entry would be garbage, which takes a fifth of the time of a walk.
 */
function visitEntries(
  entries: Iterator<[unknown, Branch | SeriesId]>,
  depth: number,
  walk: Walk,
): Branch | 'paused' | 'ended' {
  while (walk.series < seriesPerStep) {
    const entry = entries.next();
    if (entry.done) return 'ended';
    const [value, next] = entry.value;
    if (depth === walk.last) {
      walk.visitLeaf(next, value);
      walk.series++;
    } else if (typeof value === 'string') {
      walk.visitor.label(depth, value);
      const child = next as Branch;
      // Why small branches at once and by forEach: they hold nearly all series, and a generator for each would be garbage.
      if (depth + 1 < walk.last || child.size > seriesPerStep) return child;
      child.forEach(walk.visitLeaf);
      walk.series += child.size;
    }
  }
  return 'paused';
}
