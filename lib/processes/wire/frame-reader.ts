import { aggregators } from '../../families/family-checks.js';
import { isUtf8LabelName, isUtf8Name } from '../../families/naming.js';
import { type CellFamily, countCells } from '../../store/cells.js';
import { ByteReader, MalformedFrame } from './bytes.js';
import { readExemplars } from './exemplar-bytes.js';
import {
  type AreaChanges,
  areaCount,
  type Change,
  changes,
  type Frame,
  flags,
  frameVersion,
  magic,
  sections,
  types,
} from './frame.js';
import { readNativeLayout } from './native-bytes.js';

/** Is thrown where a frame is of another version of the protocol. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
}

/** How many labels and cells the series of a family have. */
interface SeriesShape {
  readonly labels: number;
  readonly width: number;
}

/** The families that a source has opened, by area and id: without their shapes, their series cannot be read. */
export type KnownFamilies = readonly Map<number, SeriesShape>[];

export const createKnownFamilies = (): KnownFamilies => Array.from({ length: areaCount }, () => new Map());

/** What a frame says before its sections. */
export type FrameHead = Pick<Frame, 'isComplete' | 'number'>;

/**
 * Reads the beginning of a frame: whether the rest of it can be understood depends on the frames before.
 *
 * @throws OtherVersion, or MalformedFrame.
 */
export const readFrameHead = (bytes: Uint8Array): FrameHead => readHead(new ByteReader(bytes));

function readHead(reader: ByteReader): FrameHead {
  if (magic.some((byte) => reader.byte() !== byte)) throw new MalformedFrame('it does not begin as a frame does');
  const version = reader.byte();
  if (version !== frameVersion) throw new OtherVersion(`version ${version}`);
  const isComplete = (reader.byte() & flags.complete) !== 0;
  return { isComplete, number: reader.count() };
}

/**
 * Reads a frame as a whole, and checks everything in it, before anything of it is used.
 *
 * @param known the families of the frames before; those of this one are added.
 * @throws OtherVersion, or MalformedFrame where the bytes are not what the protocol says.
 */
export function readFrame(bytes: Uint8Array, known: KnownFamilies): Frame {
  const reader = new ByteReader(bytes);
  const { isComplete, number } = readHead(reader);
  if (isComplete) for (const families of known) families.clear();
  const areas = Array.from({ length: areaCount }, createArea);
  let texts: readonly string[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.byte();
    const content = reader.part(reader.count());
    if (tag === sections.texts) texts = readTexts(content);
    if (tag === sections.changes) new ChangesReader(content, texts, known).readInto(areas);
    if (tag === sections.cells) readCells(content, areas);
    if (tag === sections.exemplars) {
      const { cells, exemplars } = areas[readArea(content)] as AreaChanges;
      exemplars.push(...readExemplars(content, cells.length));
    }
  }
  for (const { end, cells } of areas)
    if (end > cells.length) throw new MalformedFrame('it has a series outside its area');
  return { isComplete, number, areas };
}

const createArea = (): AreaChanges => ({
  changes: [],
  end: 0,
  cells: { length: 0, indexes: [], words: [] },
  exemplars: [],
});

function readTexts(reader: ByteReader): string[] {
  const texts: string[] = [];
  for (let left = reader.countOfThings(); left > 0; left--) texts.push(reader.text());
  return texts;
}

function readArea(reader: ByteReader): number {
  const area = reader.byte();
  if (area >= areaCount) throw new MalformedFrame('it has an area that does not exist');
  return area;
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

function readCells(reader: ByteReader, areas: readonly AreaChanges[]): void {
  const area = readArea(reader);
  const length = reader.count();
  const indexes: number[] = [];
  const words: number[] = [];
  let index = -1;
  while (!reader.isAtEnd) {
    const written = reader.count();
    const distance = Math.floor(written / 2);
    index += distance;
    if (distance === 0 || index >= length) throw new MalformedFrame('it has a cell outside its area');
    indexes.push(index);
    if (written % 2 === 1) {
      double[0] = reader.count();
      words.push(halves[0] as number, halves[1] as number);
    } else words.push(reader.word(), reader.word());
  }
  (areas[area] as AreaChanges).cells = { length, indexes, words };
}

class ChangesReader {
  readonly #reader: ByteReader;
  readonly #texts: readonly string[];
  readonly #known: KnownFamilies;

  constructor(reader: ByteReader, texts: readonly string[], known: KnownFamilies) {
    this.#reader = reader;
    this.#texts = texts;
    this.#known = known;
  }

  readInto(areas: readonly AreaChanges[]): void {
    const area = readArea(this.#reader);
    const known = this.#known[area] as Map<number, SeriesShape>;
    const into = areas[area] as AreaChanges;
    while (!this.#reader.isAtEnd) into.changes.push(this.#readChange(known, into));
  }

  #readChange(known: Map<number, SeriesShape>, into: AreaChanges): Change {
    const change = this.#reader.byte();
    const id = this.#reader.count();
    if (change === changes.opened) {
      const family = this.#readFamily();
      known.set(id, { labels: family.labelNames.length, width: countCells(family) });
      return (log) => log.opened(id, family);
    }
    const shape = known.get(id);
    if (shape === undefined) throw new MalformedFrame('it refers to a family that it has not opened');
    switch (change) {
      case changes.closed:
        known.delete(id);
        return (log) => log.closed(id);
      case changes.cleared:
        return (log) => log.cleared(id);
      case changes.removed: {
        const first = this.#reader.count();
        return (log) => log.removed(id, first);
      }
      case changes.created: {
        const first = this.#reader.count();
        const values = this.#readTexts(shape.labels);
        into.end = Math.max(into.end, first + shape.width);
        return (log) => log.created(id, first, values);
      }
      default:
        throw new MalformedFrame('it has a change of an unknown kind');
    }
  }

  #readFamily(): CellFamily {
    const [name = '', help = '', unit = ''] = this.#readTexts(3);
    const type = types[this.#reader.byte()];
    const aggregator = aggregators[this.#reader.byte()];
    const hasCreatedSamples = this.#reader.byte() === 1;
    const createdAt = this.#readCell();
    const changedAt = this.#readCell();
    const labelNames = this.#readTexts(this.#reader.countOfThings());
    const upperBounds: number[] = [];
    for (let left = this.#reader.countOfThings(); left > 0; left--) upperBounds.push(this.#reader.double());
    const native = readNativeLayout(this.#reader);
    const areLegal = isUtf8Name(name) && labelNames.every(isUtf8LabelName);
    if (type === undefined || aggregator === undefined || !areLegal || !areAscending(upperBounds)) {
      throw new MalformedFrame('it has a family that nobody could expose');
    }
    return {
      name,
      type,
      help,
      unit: unit === '' ? undefined : unit,
      aggregator,
      labelNames,
      upperBounds,
      hasCreatedSamples,
      createdAt,
      changedAt,
      native,
    };
  }

  #readCell(): number | undefined {
    const written = this.#reader.count();
    return written === 0 ? undefined : written - 1;
  }

  #readTexts(count: number): string[] {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) {
      const text = this.#texts[this.#reader.count()];
      if (text === undefined) throw new MalformedFrame('it refers to a text that it does not have');
      texts.push(text);
    }
    return texts;
  }
}

const areAscending = (bounds: readonly number[]): boolean =>
  bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > (bounds[i - 1] as number)));
