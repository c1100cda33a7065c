import { listSampleNames } from '../../families/kinds.js';
import { isLabelName, isMetricName, type NameValidation } from '../../families/naming.js';
import type { CellFamily, CellLog, CountedSeries } from '../../store/cells.js';
import type { ExposedFamily, SampleWriter } from '../../store/exposed-family.js';
import type { Column, IsMerged, MergedSource, SourceCells } from './column.js';
import { MergedTable, type TableKind } from './merged-table.js';
import { isLastingSum, ruleOf } from './merges.js';

/** Why something of a source is not merged. */
export type LeftOut = 'clash' | 'too_many_series';

/** The limit of merged series, and what is called for each series that is left out. */
export interface MergeLimits {
  readonly maxSeries: number;
  onLeftOut(reason: LeftOut, family: string): void;
}

/** The part of the merged families that comes from one source. It follows the source until that ends. */
export interface SourceLog extends CellLog {
  /** Whether series of the source were left out that may fit later. */
  readonly isIncomplete: boolean;
  /** Takes removed series out of the sums. Call it after each batch of changes. */
  settle(): void;
  /** The source has ended: what it has counted stays. */
  end(): void;
  /** The source cannot be reached, and may come back: what counts only while it is there is taken out. */
  leave(): void;
  /** The source says anew what it has, to another log: from now on, what is here is what it had. */
  markFormer(): void;
  /**
   * The other log has all that it was told: what the source had and has not any more is taken out, as if it was removed.
   * Returns whether there was something.
   */
  release(): boolean;
}

/** The families of all sources, merged. Nothing is added up before it is asked for, so nothing can be wrong in between. */
export class MergedFamilies {
  readonly #families = new Map<string, MergedFamily>();
  /** Which family has each name of a sample. */
  readonly #takenNames = new Map<string, string>();
  readonly #limits: MergeLimits;
  #series = 0;
  #nameValidation: NameValidation = 'legacy';

  constructor(limits: MergeLimits) {
    this.#limits = limits;
  }

  /** Whether any name needs UTF-8. */
  get nameValidation(): NameValidation {
    return this.#nameValidation;
  }

  /** How many merged series there are. */
  get series(): number {
    return this.#series;
  }

  /** Begins to merge the series of a source, of which this is read. */
  join(source: MergedSource, cells: SourceCells): SourceLog {
    return new MergedSourceLog(source, cells, {
      openFamily: (family) => this.#open(family),
      onLeftOut: (reason, name) => this.#limits.onLeftOut(reason, name),
    });
  }

  /** The families as they are exposed, in the order in which they were opened. */
  exposedFamilies(isChosen: (name: string) => boolean): ExposedFamily[] {
    for (const [name, family] of this.#families) if (family.isEmpty) this.#close(name);
    return [...this.#families.values()].filter(({ name }) => isChosen(name)).map((family) => family.toExposedFamily());
  }

  /** What is left once no source but these is there: the sums of what only grows. */
  lastingFamilies(isMerged: IsMerged): ExposedFamily[] {
    return [...this.#families.values()].filter(({ isSum }) => isSum).map((family) => family.toExposedFamily(isMerged));
  }

  #open(family: CellFamily): MergedFamily | undefined {
    if (!isMetricName(family.name) || !family.labelNames.every(isLabelName)) this.#nameValidation = 'utf8';
    const known = this.#families.get(family.name);
    if (known?.takes(family)) return known;
    if (known !== undefined) {
      if (known.isLiving) return undefined;
      // Why: no source has the old family any more. Sources with the new one run a newer version of the program.
      this.#close(family.name);
    }
    const names = listSampleNames(family.type, family.name);
    if (names.some((name) => this.#takenNames.has(name))) return undefined;
    const room = {
      takeRoom: () => this.#takeRoom(),
      giveRoomBack: () => {
        this.#series--;
      },
    };
    const merged = new MergedFamily(family, room);
    this.#families.set(family.name, merged);
    for (const name of names) this.#takenNames.set(name, family.name);
    return merged;
  }

  #close(name: string): void {
    this.#families.get(name)?.discard();
    this.#families.delete(name);
    for (const [sample, family] of this.#takenNames) if (family === name) this.#takenNames.delete(sample);
  }

  #takeRoom(): boolean {
    if (this.#series >= this.#limits.maxSeries) this.#sweep();
    if (this.#series >= this.#limits.maxSeries) return false;
    this.#series++;
    return true;
  }

  #sweep(): void {
    for (const family of this.#families.values()) family.sweep();
  }
}

type Room = Pick<TableKind, 'takeRoom' | 'giveRoomBack'>;

/** One family of all sources. Each set of label names is a table of its own, so that labels may differ between sources. */
class MergedFamily {
  readonly name: string;
  readonly #first: CellFamily;
  readonly #kind: TableKind;
  readonly #tables = new Map<string, MergedTable>();
  #living = 0;
  #taken = 0;

  constructor(family: CellFamily, room: Room) {
    this.name = family.name;
    this.#first = family;
    this.#kind = {
      type: family.type,
      upperBounds: family.upperBounds,
      rule: ruleOf(family),
      takeRoom: () => {
        const isTaken = room.takeRoom();
        if (isTaken) this.#taken++;
        return isTaken;
      },
      giveRoomBack: () => {
        this.#taken--;
        room.giveRoomBack();
      },
    };
  }

  /** Whether a source that lives has it. */
  get isLiving(): boolean {
    return this.#living > 0;
  }

  /** Whether a source counts only while it is there. */
  get isLive(): boolean {
    return this.#kind.rule.isLive;
  }

  /** Whether its values only grow, and are added up. */
  get isSum(): boolean {
    return isLastingSum(this.#first);
  }

  get isEmpty(): boolean {
    return !this.isLiving && [...this.#tables.values()].every(({ isEmpty }) => isEmpty);
  }

  /** Whether this definition can be merged into it. */
  takes({ type, upperBounds, aggregator }: CellFamily): boolean {
    const first = this.#first;
    const hasSameBounds =
      upperBounds.length === first.upperBounds.length &&
      upperBounds.every((bound, i) => bound === first.upperBounds[i]);
    return type === first.type && hasSameBounds && aggregator === first.aggregator;
  }

  countLiving(more: 1 | -1): void {
    this.#living += more;
  }

  /** The table for labels of these names, whatever their order. */
  tableOf(labelNames: readonly string[]): MergedTable {
    // Why as JSON: a name in UTF-8 may have any character.
    const key = JSON.stringify([...labelNames].sort());
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = new MergedTable(labelNames, this.#kind);
      this.#tables.set(key, table);
    }
    return table;
  }

  sweep(): void {
    for (const table of this.#tables.values()) table.sweep();
  }

  /** Gives back what it has taken. It is not used any more. */
  discard(): void {
    while (this.#taken > 0) this.#kind.giveRoomBack();
  }

  toExposedFamily(isMerged?: IsMerged): ExposedFamily {
    const { name, type, help, unit, aggregator, hasCreatedSamples } = this.#first;
    return {
      ...{ name, type, help, unit, aggregator, hasCreatedSamples },
      write: (samples) => this.#write(samples, isMerged),
    };
  }

  *#write(samples: SampleWriter, isMerged?: IsMerged): Generator<void> {
    for (const table of this.#tables.values()) yield* table.write(samples, isMerged);
  }
}

interface Merging {
  openFamily(family: CellFamily): MergedFamily | undefined;
  onLeftOut(reason: LeftOut, name: string): void;
}

/** A family of one source, and where its series are merged. */
interface JoinedFamily {
  readonly family: CellFamily;
  readonly merged: MergedFamily;
  /** By which of the labels have a value: an empty one stands for no label. */
  readonly parts: Map<string, JoinedPart>;
  /** The first cells of series that were removed, until they are brought into effect together. */
  readonly removed: Set<number>;
}

interface JoinedPart {
  readonly table: MergedTable;
  readonly column: Column;
  /** For each label of the table, the position of its value in the source. */
  readonly order: readonly number[];
  /** Whether the source has the values in this order already. */
  readonly isStraight: boolean;
}

const everyFamily = (_joined: JoinedFamily): boolean => true;

class MergedSourceLog implements SourceLog {
  readonly takesNative = true;
  readonly #source: MergedSource;
  readonly #cells: SourceCells;
  readonly #merging: Merging;
  readonly #joined = new Map<number, JoinedFamily>();
  isIncomplete = false;

  constructor(source: MergedSource, cells: SourceCells, merging: Merging) {
    this.#source = source;
    this.#cells = cells;
    this.#merging = merging;
  }

  opened(id: number, family: CellFamily): void {
    const merged = this.#merging.openFamily(family);
    if (merged === undefined) {
      this.#leaveOut('clash', family.name);
      return;
    }
    merged.countLiving(1);
    this.#joined.set(id, { family, merged, parts: new Map(), removed: new Set() });
  }

  created(id: number, first: number, values: readonly string[]): void {
    const joined = this.#joined.get(id);
    if (joined === undefined) return;
    // Why first: the cells of a series that was removed may be those of this one.
    if (joined.removed.has(first)) this.#settle(joined);
    const part = this.#partOf(joined, values);
    const own = part.isStraight ? values : part.order.map((at) => values[at] as string);
    if (!part.table.add(part.column, first, own)) this.#leaveOut('too_many_series', joined.family.name);
  }

  removed(id: number, first: number): void {
    this.#joined.get(id)?.removed.add(first);
  }

  restarted(id: number, first: number, counted: CountedSeries): void {
    for (const { table, column } of this.#joined.get(id)?.parts.values() ?? []) table.restart(column, first, counted);
  }

  cleared(id: number): void {
    const joined = this.#joined.get(id);
    for (const { table, column } of joined?.parts.values() ?? []) table.clear(column);
    joined?.removed.clear();
  }

  closed(id: number): void {
    this.cleared(id);
    const joined = this.#joined.get(id);
    if (joined === undefined) return;
    for (const { table, column } of joined.parts.values()) table.drop(column);
    joined.merged.countLiving(-1);
    this.#joined.delete(id);
  }

  settle(): void {
    for (const joined of this.#joined.values()) if (joined.removed.size > 0) this.#settle(joined);
  }

  end(): void {
    this.settle();
    this.#releaseFamilies((table, column) => table.end(column));
  }

  leave(): void {
    this.settle();
    const isLive = ({ merged }: JoinedFamily): boolean => merged.isLive;
    this.#releaseFamilies((table, column) => table.drop(column), isLive);
  }

  markFormer(): void {
    this.settle();
    for (const { merged, parts } of this.#joined.values()) {
      for (const { column } of parts.values()) column.isFormer = true;
      // Why now: the source may define the family in another way.
      merged.countLiving(-1);
    }
  }

  release(): boolean {
    const tables = [...this.#joined.values()].flatMap(({ parts }) => [...parts.values()].map(({ table }) => table));
    this.#joined.clear();
    return tables.map((table) => table.supersede(this.#source)).includes(true);
  }

  #releaseFamilies(leaveTable: (table: MergedTable, column: Column) => void, isChosen = everyFamily): void {
    for (const [id, joined] of this.#joined) {
      if (!isChosen(joined)) continue;
      for (const { table, column } of joined.parts.values()) leaveTable(table, column);
      joined.merged.countLiving(-1);
      this.#joined.delete(id);
    }
  }

  /** Why together: each takes a look at every series of its table. */
  #settle({ parts, removed }: JoinedFamily): void {
    for (const { table, column } of parts.values()) table.remove(column, removed);
    removed.clear();
  }

  #leaveOut(reason: LeftOut, name: string): void {
    this.isIncomplete = true;
    this.#merging.onLeftOut(reason, name);
  }

  #partOf({ family, merged, parts }: JoinedFamily, values: readonly string[]): JoinedPart {
    let key = '';
    for (let i = 0; i < values.length; i++) if (values[i] === '') key += `${i} `;
    let part = parts.get(key);
    if (part === undefined) {
      const names = family.labelNames.filter((_, i) => values[i] !== '');
      const table = merged.tableOf(names);
      const order = table.labelNames.map((name) => family.labelNames.indexOf(name));
      const isStraight = order.length === values.length && order.every((at, i) => at === i);
      part = { table, column: table.join(this.#source, this.#cells, family), order, isStraight };
      parts.set(key, part);
    }
    return part;
  }
}
