import type { CellFamily, LoggedExemplar } from '../store/cells.js';
import type { ConstantLabels, Exemplar, ExposedFamily } from '../store/exposed-family.js';
import { CopiedFamily, type CopiedNumbers, type ReadGuard } from './copied-family.js';
import type { FollowedLog } from './log-reader.js';
import type { SharedCells } from './shared-cells.js';

/** The families of the store, as its log tells them. */
export class CopiedFamilies implements FollowedLog {
  readonly #numbers: CopiedNumbers;
  readonly #byId = new Map<number, CopiedFamily>();
  /** Those that are complete. */
  readonly #byName = new Map<string, CopiedFamily>();
  /** The names of all families of the store in their order, whether they are here or have to be computed. */
  readonly #order: string[] = [];
  readonly #methods: (readonly [className: string, method: string])[] = [];
  readonly #exemplars = new Map<number, Exemplar>();
  readonly #nativeExemplars = new Map<number, readonly Exemplar[]>();
  constantLabels: ConstantLabels;

  /** @param constantLabels those of the beginning. */
  constructor(cells: SharedCells, guard: ReadGuard, constantLabels: ConstantLabels) {
    this.constantLabels = constantLabels;
    this.#numbers = { cells, guard, exemplars: this.#exemplars, nativeExemplars: this.#nativeExemplars };
  }

  opened(id: number, family: CellFamily): void {
    this.#byId.set(id, new CopiedFamily(family, this.#numbers));
  }

  completed(id: number): void {
    const copied = this.#byId.get(id);
    if (copied === undefined) return;
    copied.isComplete = true;
    this.#byName.set(copied.family.name, copied);
  }

  closed(id: number): void {
    const copied = this.#byId.get(id);
    // Why: a scrape may have it still, but its cells are not kept any more.
    copied?.clear();
    this.#byId.delete(id);
    if (copied !== undefined && this.#byName.get(copied.family.name) === copied) {
      this.#byName.delete(copied.family.name);
    }
  }

  created(id: number, first: number, values: readonly string[]): void {
    this.#byId.get(id)?.create(first, values);
  }

  removed(id: number, first: number): void {
    this.#byId.get(id)?.remove(first);
  }

  cleared(id: number): void {
    this.#byId.get(id)?.clear();
  }

  named(name: string): void {
    this.#order.push(name);
  }

  labelled(labels: string): void {
    this.constantLabels = JSON.parse(labels) as ConstantLabels;
  }

  namedMethod(className: string, method: string): void {
    this.#methods.push([className, method]);
  }

  exemplar(index: number, exemplar: LoggedExemplar): void {
    this.#exemplars.set(index, toExemplar(exemplar));
  }

  nativeExemplars(index: number, exemplars: readonly LoggedExemplar[]): void {
    if (exemplars.length === 0) this.#nativeExemplars.delete(index);
    else this.#nativeExemplars.set(index, exemplars.map(toExemplar));
  }

  exemplarRemoved(index: number): void {
    this.#exemplars.delete(index);
  }

  countLabels(id: number): number {
    return this.#byId.get(id)?.family.labelNames.length ?? 0;
  }

  /** Nothing is read any more. */
  discard(): void {
    for (const copied of this.#byId.values()) copied.clear();
  }

  /** The class and the method with this number, which begins at 1. */
  methodAt(number: number): readonly [className: string, method: string] | undefined {
    return this.#methods[number - 1];
  }

  /** The chosen families, and those that were computed elsewhere, in the order of the store. */
  exposedFamilies(computed: readonly ExposedFamily[], isChosen: (name: string) => boolean): ExposedFamily[] {
    const others = new Map(computed.map((family) => [family.name, family]));
    const exposed: ExposedFamily[] = [];
    for (const name of this.#order) {
      const copied = isChosen(name) ? this.#byName.get(name) : undefined;
      const family = copied?.toExposedFamily() ?? others.get(name);
      if (family === undefined) continue;
      exposed.push(family);
      others.delete(name);
    }
    // Why those of its names too: a family may have been removed from among the cells only after it was computed.
    return [...exposed, ...[...others.values()].filter(({ name }) => !this.#byName.has(name))];
  }
}

const toExemplar = ({ labels, value, time }: LoggedExemplar): Exemplar => ({ labels, value, timestamp: time / 1000 });
