import { isSubstitute } from './label-guard.js';
import type { LabelGuards } from './label-guards.js';

/** A label value leads to the next label's branch, and the last one to the place of the series' numbers. */
type Branch = Map<unknown, Branch | number>;

/** After how many series a walk yields. */
const pace = 128;

/** Hears of the series in the order of first sight, label by label. */
export interface SeriesVisitor {
  /** The label at this depth has this value, until the next call at the same or a lesser depth. */
  label(depth: number, value: string): void;
  /** A series: the labels that were told last, and the place of its numbers. */
  series(place: number): void;
}

/** Says which series are meant. */
export interface Selection {
  /** Whether series with this value of the label at this depth may be among them. */
  label(depth: number, value: string): boolean;
  series(place: number): boolean;
}

/**
 * Label sets and the places of their numbers: one level of Maps per label, so that no separator can make two sets one.
 *
 * The strings of a branch are its label values. A raw value of another type (1, true, null) is an alias beside the
 * string that it stands for, so that it is found without being converted again.
 */
export class SeriesTrie {
  private readonly last: number;
  private root: Branch = new Map();
  #size = 0;
  #aliases = 0;

  /** @param depth how many labels there are; a family without labels has one that is always empty. */
  constructor(depth: number) {
    this.last = Math.max(depth, 1) - 1;
  }

  /** How many series there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * The place of the series with these raw label values; `undefined` where they were not seen before. For at most three
   * labels: a list of them would have to be allocated at every call.
   */
  lookup(a: unknown, b: unknown, c: unknown): number | undefined {
    const ofA = this.root.get(a);
    if (this.last === 0 || ofA === undefined) return ofA as number | undefined;
    const ofB = (ofA as Branch).get(b);
    if (this.last === 1 || ofB === undefined) return ofB as number | undefined;
    return (ofB as Branch).get(c) as number | undefined;
  }

  /** The same for any number of labels. */
  protected lookupAll(raw: readonly unknown[]): number | undefined {
    let branch = this.root;
    for (let depth = 0; depth < this.last; depth++) {
      const next = branch.get(raw[depth]);
      if (next === undefined) return undefined;
      branch = next as Branch;
    }
    return branch.get(raw[this.last]) as number | undefined;
  }

  /** The same, where a raw value that no series has as it stands is taken for what its label is known to make of it. */
  protected lookupKnown(raw: readonly unknown[], labels: LabelGuards, allowOverflow: boolean): number | undefined {
    let branch = this.root;
    for (let depth = 0; depth <= this.last; depth++) {
      let next = branch.get(raw[depth]);
      if (next === undefined) {
        const value = labels.known(depth, raw[depth], allowOverflow);
        // Why asked: the raw value undefined leads somewhere as well.
        next = value === undefined ? undefined : branch.get(value);
        if (next === undefined) return undefined;
      }
      branch = next as Branch;
    }
    return branch as unknown as number;
  }

  /** Inserts a series with these label values, of which there is none. */
  insert(values: readonly string[], place: number): void {
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
    branch.set(values[this.last] ?? '', place);
    this.#size++;
  }

  /** Has the raw values of other types than string lead to the series with these label values as well. */
  protected alias(values: readonly string[], raw: readonly unknown[], most: number): void {
    let branch = this.root;
    for (let depth = 0; depth <= this.last; depth++) {
      const next = branch.get(values[depth] ?? '') as Branch;
      const isAlias = typeof raw[depth] !== 'string' && !isSubstitute(values[depth]);
      if (isAlias && this.#aliases < most && !branch.has(raw[depth])) {
        branch.set(raw[depth], next);
        this.#aliases++;
      }
      branch = next;
    }
  }

  /**
   * Takes out the selected series; gives their places.
   *
   * @param copies whether a walk that has begun is still to see them: then the branches are left to it, and copied.
   */
  protected takeOut(selection: Selection, copies: boolean): number[] {
    const places: number[] = [];
    const removal = { selection, last: this.last, copies, places, aliases: 0 };
    this.root = without(this.root, 0, removal);
    this.#size -= places.length;
    this.#aliases -= removal.aliases;
    return places;
  }

  /** Tells of every series, depth first. */
  visit(visitor: SeriesVisitor): void {
    for (const _ of this.walk(visitor));
  }

  /**
   * Tells of every series, depth first, and yields after some hundred of them. What is born meanwhile may or may not be told
   * of.
   */
  walk(visitor: SeriesVisitor): Iterable<void> {
    return walkBranch(this.root, 0, walkOf(visitor, this.last));
  }
}

interface Removal {
  readonly selection: Selection;
  readonly last: number;
  readonly copies: boolean;
  readonly places: number[];
  /** How many raw values of other types than string went as well. */
  aliases: number;
}

/** The branch without the selected series. */
function without(branch: Branch, depth: number, removal: Removal): Branch {
  const { selection, last, places, copies } = removal;
  const changed = new Map<Branch | number, Branch | undefined>();
  for (const [value, next] of branch) {
    if (typeof value !== 'string' || !selection.label(depth, value)) continue;
    if (depth < last) {
      const rest = without(next as Branch, depth + 1, removal);
      if (rest !== next || rest.size === 0) changed.set(next, rest.size === 0 ? undefined : rest);
    } else if (selection.series(next as number)) {
      places.push(next as number);
      changed.set(next, undefined);
    }
  }
  return changed.size === 0 ? branch : replaced(copies ? new Map(branch) : branch, changed, removal);
}

// Why by what they lead to: with a string goes every raw value of another type that leads to the same.
function replaced(branch: Branch, changed: ReadonlyMap<Branch | number, Branch | undefined>, removal: Removal): Branch {
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
  /** Tells of one entry of a branch whose values are those of the last label. */
  readonly leaf: (place: Branch | number, value: unknown) => void;
  /** How many series were told of since the last pause. */
  series: number;
}

function walkOf(visitor: SeriesVisitor, last: number): Walk {
  const leaf = (place: Branch | number, value: unknown): void => {
    if (typeof value !== 'string') return;
    visitor.label(last, value);
    visitor.series(place as number);
  };
  return { visitor, last, leaf, series: 0 };
}

// Why small branches at once, and by forEach: nearly all series hang in them, and a generator for each would be garbage.
function* walkBranch(branch: Branch, depth: number, walk: Walk): Generator<void> {
  for (const [value, next] of branch) {
    if (depth === walk.last) {
      walk.leaf(next, value);
      walk.series++;
    } else if (typeof value === 'string') {
      walk.visitor.label(depth, value);
      const child = next as Branch;
      if (depth + 1 < walk.last || child.size > pace) yield* walkBranch(child, depth + 1, walk);
      else {
        child.forEach(walk.leaf);
        walk.series += child.size;
      }
    }
    if (walk.series < pace) continue;
    walk.series = 0;
    yield;
  }
}
