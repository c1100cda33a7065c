import type { SeriesId } from '../recorder/metrics-recorder.js';
import { isSubstitute } from './label-guard.js';
import type { LabelGuards } from './label-guards.js';

/** A label value leads to the branch of the next label, and the value of the last label to the series. */
type Branch = Map<unknown, Branch | SeriesId>;

/** After how many series a walk yields. */
const seriesPerStep = 128;

/** Visits series in the order in which they were created, label by label. */
export interface SeriesVisitor {
  /** The label at this depth has this value, until the next call at the same or a lesser depth. */
  label(depth: number, value: string): void;
  /** A series with the labels that were given last. */
  series(series: SeriesId): void;
}

/** Selects series. */
export interface SeriesFilter {
  /** Whether series with this value of the label at this depth may be selected. */
  matchesLabel(depth: number, value: string): boolean;
  matchesSeries(series: SeriesId): boolean;
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
    const ofA = this.root.get(a);
    if (this.last === 0 || ofA === undefined) return ofA as SeriesId | undefined;
    const ofB = (ofA as Branch).get(b);
    if (this.last === 1 || ofB === undefined) return ofB as SeriesId | undefined;
    return (ofB as Branch).get(c) as SeriesId | undefined;
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
      let next = branch.get(raw[depth]);
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

  /** Inserts a series with label values that no other series has. */
  insert(values: readonly string[], series: SeriesId): void {
    let branch = this.root;
    for (let depth = 0; depth < this.last; depth++) {
      const value = values[depth] as string;
      let next = branch.get(value);
      if (next === undefined) {
        next = new Map();
        branch.set(value, next);
      }
      branch = next as Branch;
    }
    branch.set(values[this.last] ?? '', series);
    this.#size++;
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
   * Removes the selected series and returns them.
   *
   * @param copyBranches whether a walk that has begun still has to see them: then branches are copied before they change.
   */
  remove(filter: SeriesFilter, copyBranches: boolean): SeriesId[] {
    const removed: SeriesId[] = [];
    const removal = { filter, last: this.last, copyBranches, removed, aliases: 0 };
    this.root = removeFrom(this.root, 0, removal);
    this.#size -= removed.length;
    this.#aliases -= removal.aliases;
    return removed;
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
  walk(visitor: SeriesVisitor): Iterable<void> {
    return walkBranch(this.root, 0, createWalk(visitor, this.last));
  }
}

interface Removal {
  readonly filter: SeriesFilter;
  readonly last: number;
  readonly copyBranches: boolean;
  readonly removed: SeriesId[];
  /** How many aliases were removed with their series. */
  aliases: number;
}

/** The branch without the selected series. */
function removeFrom(branch: Branch, depth: number, removal: Removal): Branch {
  const { filter, last, removed, copyBranches } = removal;
  const changed = new Map<Branch | SeriesId, Branch | undefined>();
  for (const [value, next] of branch) {
    if (typeof value !== 'string' || !filter.matchesLabel(depth, value)) continue;
    if (depth < last) {
      const rest = removeFrom(next as Branch, depth + 1, removal);
      if (rest !== next || rest.size === 0) changed.set(next, rest.size === 0 ? undefined : rest);
    } else if (filter.matchesSeries(next as SeriesId)) {
      removed.push(next as SeriesId);
      changed.set(next, undefined);
    }
  }
  return changed.size === 0 ? branch : replaceEntries(copyBranches ? new Map(branch) : branch, changed, removal);
}

// Why by what an entry leads to: all aliases of a string lead to the same branch or series, and go with it.
function replaceEntries(
  branch: Branch,
  changed: ReadonlyMap<Branch | SeriesId, Branch | undefined>,
  removal: Removal,
): Branch {
  for (const [value, next] of branch) {
    if (!changed.has(next)) continue;
    const rest = changed.get(next);
    if (rest !== undefined) branch.set(value, rest);
    else {
      branch.delete(value);
      if (typeof value !== 'string') removal.aliases++;
    }
  }
  return branch;
}

interface Walk {
  readonly visitor: SeriesVisitor;
  readonly last: number;
  /** Visits one entry of a branch of the last label. */
  readonly visitLeaf: (series: Branch | SeriesId, value: unknown) => void;
  /** How many series were visited since the walk yielded. */
  series: number;
}

function createWalk(visitor: SeriesVisitor, last: number): Walk {
  const visitLeaf = (series: Branch | SeriesId, value: unknown): void => {
    if (typeof value !== 'string') return;
    visitor.label(last, value);
    visitor.series(series as SeriesId);
  };
  return { visitor, last, visitLeaf, series: 0 };
}

// Why small branches at once and by forEach: they hold nearly all series, and a generator for each would be garbage.
function* walkBranch(branch: Branch, depth: number, walk: Walk): Generator<void> {
  for (const [value, next] of branch) {
    if (depth === walk.last) {
      walk.visitLeaf(next, value);
      walk.series++;
    } else if (typeof value === 'string') {
      walk.visitor.label(depth, value);
      const child = next as Branch;
      if (depth + 1 < walk.last || child.size > seriesPerStep) yield* walkBranch(child, depth + 1, walk);
      else {
        child.forEach(walk.visitLeaf);
        walk.series += child.size;
      }
    }
    if (walk.series < seriesPerStep) continue;
    walk.series = 0;
    yield;
  }
}
