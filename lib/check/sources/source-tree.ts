/** A place in a file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value of a file, with the place where it stands. */
export type SourceNode = MapNode | ListNode | ScalarNode;

interface AtOffset {
  /** The offset in the file. */
  readonly from: number;
}

/** A mapping of YAML, or an object of JSON. */
export interface MapNode extends AtOffset {
  readonly type: 'map';
  readonly entries: ReadonlyMap<string, SourceNode>;
}

/** A list. */
export interface ListNode extends AtOffset {
  readonly type: 'list';
  readonly items: readonly SourceNode[];
}

/** A text, a number, a boolean or nothing. */
export interface ScalarNode extends AtOffset {
  readonly type: 'scalar';
  readonly value: unknown;
}

/** A file that was read: its text, and the documents in it. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly documents: readonly SourceNode[];
}

/** The value under this path of keys; `undefined` where there is none. */
export function findNode(node: SourceNode | undefined, ...keys: readonly string[]): SourceNode | undefined {
  return keys.reduce<SourceNode | undefined>(
    (found, key) => (found?.type === 'map' ? found.entries.get(key) : undefined),
    node,
  );
}

/** The text under this path of keys; `undefined` where none stands there. */
export function findText(node: SourceNode | undefined, ...keys: readonly string[]): string | undefined {
  const found = findNode(node, ...keys);
  return found?.type === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}

/** The items of a list under this path of keys. */
export function listItems(node: SourceNode | undefined, ...keys: readonly string[]): readonly SourceNode[] {
  const found = findNode(node, ...keys);
  return found?.type === 'list' ? found.items : [];
}

/** Finds the place of an offset in a text. */
export function positionAt(text: string, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  // Why no list of the lines: a file may be large, and have many faults.
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', lineStart)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/**
 * Finds where a character of a scalar stands in its file.
 *
 * Why by aligning both texts: YAML folds lines, removes indentation and has escape sequences, and so has JSON; but what is
 * no white space stands in both, in the same order.
 */
export function positionIn(text: string, { from, value }: ScalarNode, offset: number): Position {
  const written = String(value);
  let at = startOfContent(text, from);
  const isDouble = text[at - 1] === '"';
  const isSingle = text[at - 1] === "'";
  for (let i = 0; i < Math.min(offset, written.length); i++) {
    if (isSpace(written[i])) {
      // Why only a step: the white space that a value has may be shorter than what stands in the file.
      at += escapeLength(text, at, isDouble, isSingle);
      continue;
    }
    at = skipSpace(text, at, isDouble);
    at += escapeLength(text, at, isDouble, isSingle);
  }
  // Why not behind the end: the next character of the file belongs to something else.
  const isInside = offset < written.length && !isSpace(written[offset]);
  return positionAt(text, isInside ? skipSpace(text, at, isDouble) : at);
}

/** Where the content of a scalar begins: behind its quotation mark, or the header of a block. */
function startOfContent(text: string, from: number): number {
  if (text[from] === '"' || text[from] === "'") return from + 1;
  const header = /^[|>][-+\d]*[^\S\n]*(?:#.*)?\r?\n/.exec(text.slice(from, from + 200));
  return header === null ? from : from + header[0].length;
}

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);

const space = /\s*/y;
/** White space between double quotation marks: also as escape sequences, and a line end that stands for nothing. */
const spaceInQuotes = /(?:\s|\\[ nrt]|\\\r?\n)*/y;

function skipSpace(text: string, from: number, isDouble: boolean): number {
  const pattern = isDouble ? spaceInQuotes : space;
  pattern.lastIndex = from;
  return from + (pattern.exec(text) as RegExpExecArray)[0].length;
}

/** How many characters of the file give one of the value. */
function escapeLength(text: string, at: number, isDouble: boolean, isSingle: boolean): number {
  if (isSingle) return text.startsWith("''", at) ? 2 : 1;
  if (!isDouble || text[at] !== '\\') return 1;
  const lengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
  return lengths[text[at + 1] as string] ?? 2;
}
