import { aggregators } from '../../families/family-checks.js';
import type { CellExemplar, CellFamily, CellLog } from '../../store/cells.js';
import { ByteWriter, isWhole } from './bytes.js';
import { writeExemplar } from './exemplar-bytes.js';
import { changes, flags, frameVersion, magic, sections, types } from './frame.js';
import { writeNativeLayout } from './native-bytes.js';
import type { WriteCell } from './published-cells.js';

/** Writes one frame: the changes and cells of each area, then `finish`. */
export class FrameWriter {
  readonly #head = new ByteWriter(16);
  readonly #texts = new ByteWriter();
  readonly #positions = new Map<string, number>();
  readonly #sections: (readonly [tag: number, content: ByteWriter])[] = [];

  constructor(number: number, isComplete: boolean) {
    for (const byte of magic) this.#head.byte(byte);
    this.#head.byte(frameVersion);
    this.#head.byte(isComplete ? flags.complete : 0);
    this.#head.count(number);
  }

  /** Begins to write what came and went in an area: what the returned log is told. */
  changesOf(area: number): CellLog {
    const content = this.#begin(sections.changes, area);
    return new ChangesWriter(content, (text) => this.#positionOf(text));
  }

  /** Begins to write the cells of an area, in ascending order of their indexes. */
  cellsOf(area: number, length: number): WriteCell {
    const content = this.#begin(sections.cells, area);
    content.count(length);
    let last = -1;
    return (index, number, words, word) => {
      const distance = index - last;
      last = index;
      const isCount = isWhole(number);
      content.count(distance * 2 + (isCount ? 1 : 0));
      if (isCount) content.count(number);
      else for (let i = word; i < word + 2; i++) content.word(words[i] as number);
    };
  }

  /** Begins to write the exemplars of an area. */
  exemplarsOf(area: number): (exemplar: CellExemplar) => void {
    let content: ByteWriter | undefined;
    return (exemplar) => {
      content ??= this.#begin(sections.exemplars, area);
      writeExemplar(content, exemplar);
    };
  }

  /** The frame, as bytes of its own. */
  finish(): Buffer {
    const count = new ByteWriter(8);
    count.count(this.#positions.size);
    const out = new ByteWriter(
      this.#sections.reduce((sum, [, { length }]) => sum + length + 8, this.#texts.length + 64),
    );
    out.append(this.#head.written);
    appendSection(out, sections.texts, count, this.#texts);
    for (const [tag, content] of this.#sections) appendSection(out, tag, content);
    return out.written;
  }

  #begin(tag: number, area: number): ByteWriter {
    const content = new ByteWriter();
    content.byte(area);
    this.#sections.push([tag, content]);
    return content;
  }

  #positionOf(text: string): number {
    let position = this.#positions.get(text);
    if (position === undefined) {
      position = this.#positions.size;
      this.#positions.set(text, position);
      this.#texts.text(text);
    }
    return position;
  }
}

function appendSection(out: ByteWriter, tag: number, ...contents: readonly ByteWriter[]): void {
  out.byte(tag);
  out.count(contents.reduce((sum, { length }) => sum + length, 0));
  for (const { written } of contents) out.append(written);
}

/** Writes what it is told. */
class ChangesWriter implements CellLog {
  readonly #out: ByteWriter;
  readonly #positionOf: (text: string) => number;

  constructor(out: ByteWriter, positionOf: (text: string) => number) {
    this.#out = out;
    this.#positionOf = positionOf;
  }

  opened(id: number, family: CellFamily): void {
    const {
      name,
      type,
      help,
      unit = '',
      aggregator,
      labelNames,
      upperBounds,
      hasCreatedSamples,
      createdAt,
      changedAt,
      native,
    } = family;
    this.#write(changes.opened, id);
    this.#writeTexts([name, help, unit]);
    this.#out.byte(types.indexOf(type));
    this.#out.byte(aggregators.indexOf(aggregator));
    this.#out.byte(hasCreatedSamples === true ? 1 : 0);
    // Why one more: 0 stands for none.
    for (const cell of [createdAt, changedAt]) this.#out.count(cell === undefined ? 0 : cell + 1);
    this.#out.count(labelNames.length);
    this.#writeTexts(labelNames);
    this.#out.count(upperBounds.length);
    for (const bound of upperBounds) this.#out.double(bound);
    writeNativeLayout(this.#out, native);
  }

  closed(id: number): void {
    this.#write(changes.closed, id);
  }

  created(id: number, first: number, values: readonly string[]): void {
    this.#write(changes.created, id);
    this.#out.count(first);
    this.#writeTexts(values);
  }

  removed(id: number, first: number): void {
    this.#write(changes.removed, id);
    this.#out.count(first);
  }

  cleared(id: number): void {
    this.#write(changes.cleared, id);
  }

  #write(change: number, id: number): void {
    this.#out.byte(change);
    this.#out.count(id);
  }

  #writeTexts(texts: readonly string[]): void {
    for (const text of texts) this.#out.count(this.#positionOf(text));
  }
}
