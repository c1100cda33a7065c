import type { SourceNode } from './source-tree.js';

/**
 * Reads JSON with the place of each value.
 *
 * Why not by the parser for YAML, which reads JSON too: it takes a hundred times as long, and dashboards are large.
 *
 * @throws SyntaxError where the text is no JSON.
 */
export function readJson(text: string): SourceNode {
  // Why first: what follows relies on the text being JSON.
  JSON.parse(text);
  return new JsonReader(text).read();
}

/** A token of JSON that is no white space. */
const token = /[[\]{},:]|[^\s[\]{},:"]+/gy;
const space = /\s*/y;

/** Reads values of a text that is known to be JSON. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  read(): SourceNode {
    const from = this.#at;
    const first = this.#take();
    if (first === '{') return { type: 'map', from, entries: this.#readEntries() };
    if (first === '[') return { type: 'list', from, items: this.#readItems() };
    return { type: 'scalar', from, value: JSON.parse(first) };
  }

  #readEntries(): Map<string, SourceNode> {
    const entries = new Map<string, SourceNode>();
    while (!this.#skipIf('}')) {
      const key = JSON.parse(this.#take()) as string;
      this.#take();
      entries.set(key, this.read());
      this.#skipIf(',');
    }
    return entries;
  }

  #readItems(): SourceNode[] {
    const items: SourceNode[] = [];
    while (!this.#skipIf(']')) {
      items.push(this.read());
      this.#skipIf(',');
    }
    return items;
  }

  #skipIf(one: string): boolean {
    if (this.#text[this.#at] !== one) return false;
    this.#take();
    return true;
  }

  #take(): string {
    if (this.#text[this.#at] === '"') return this.#takeText();
    token.lastIndex = this.#at;
    const [taken] = token.exec(this.#text) as RegExpExecArray;
    this.#at += taken.length;
    this.#skipSpace();
    return taken;
  }

  /** Why no pattern: the picture in a dashboard is a text of millions of characters, for which a pattern has no stack. */
  #takeText(): string {
    const from = this.#at;
    let end = this.#text.indexOf('"', from + 1);
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
    this.#skipSpace();
    return this.#text.slice(from, end + 1);
  }

  /** Whether an odd number of backslashes stands before. */
  #isEscaped(at: number): boolean {
    let first = at;
    while (this.#text[first - 1] === '\\') first--;
    return (at - first) % 2 === 1;
  }

  #skipSpace(): void {
    space.lastIndex = this.#at;
    this.#at += (space.exec(this.#text) as RegExpExecArray)[0].length;
  }
}
