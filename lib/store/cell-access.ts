import type { CellStore } from './cells.js';
import type { Scrapable } from './exposed-family.js';

/**
 * What stores are read by as cells. It stands in no declaration: cells concern only what merges, sends or copies them.
 *
 * Why of the registry of symbols: the ES modules of this package read stores of its CommonJS modules, and the other way round.
 */
const key = Symbol.for('flowplane-metrics/1.cells');

/**
 * Lets {@link cellStoreOf} read the stores of a class.
 *
 * @param read gives how a store is read. It may throw for what only inherits from one, or stands before one.
 */
export function declareCellStore<Store extends object>(prototype: Store, read: (store: Store) => CellStore): void {
  Object.defineProperty(prototype, key, {
    get(this: Store): CellStore | undefined {
      try {
        return read(this);
      } catch {
        // Why not asked by "#field in this": terser 5.51 makes a program of it that cannot be parsed.
        return undefined;
      }
    },
  });
}

/**
 * How a store is read as cells; `undefined` for anything else that can be scraped.
 *
 * What exposes more or less than its store has, in a subclass for example, is not to be read as one: everything of it is
 * computed. So is a store of a copy of this package that has other cells.
 */
export function cellStoreOf(scrapable: Scrapable): CellStore | undefined {
  const owner = ownerOf(scrapable, key);
  if (owner === undefined || owner !== ownerOf(scrapable, 'exposedFamilies')) return undefined;
  return (scrapable as { readonly [key]?: CellStore })[key];
}

/** The object among a given one and its prototypes that has this property itself. */
function ownerOf(given: object, property: PropertyKey): object | undefined {
  let owner: object | null = given;
  while (owner !== null && !Object.hasOwn(owner, property)) owner = Object.getPrototypeOf(owner);
  return owner ?? undefined;
}
