import { exportsOf, type PeerUse, peerError } from '../../peers.js';

/** A node of the tree that Prometheus' grammar makes of a text: what is used of it. */
export interface SyntaxNode {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly isError: boolean;
  readonly children: readonly SyntaxNode[];
}

/**
 * Parses a text; also one that is no PromQL has a tree, in which nodes are errors. `undefined` where the text nests so deep
 * that no tree of it can be trusted.
 */
export type Grammar = (text: string) => SyntaxNode | undefined;

const peer: PeerUse = {
  packages: ['@prometheus-io/lezer-promql', '@lezer/lr', '@lezer/highlight'],
  purpose: 'to read PromQL',
  install: '@prometheus-io/lezer-promql @lezer/lr @lezer/highlight',
};

/** A place in the tree of lezer. */
interface Cursor {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly type: { readonly isError: boolean };
  firstChild(): boolean;
  nextSibling(): boolean;
  parent(): boolean;
}

interface Lezer {
  readonly parser: { parse(text: string): { cursor(): Cursor } };
}

/**
 * Loads the grammar of Prometheus.
 *
 * @throws MetricsError `missing_peer` where it is not installed.
 */
export async function loadGrammar(): Promise<Grammar> {
  try {
    const { parser } = exportsOf((await import('@prometheus-io/lezer-promql')) as object) as Lezer;
    return (text) => parse(parser, text);
  } catch (cause) {
    throw peerError('check', peer, cause);
  }
}

function parse(parser: Lezer['parser'], text: string): SyntaxNode | undefined {
  try {
    return new TreeCopy().read(parser.parse(replaceUnread(text)).cursor());
  } catch (error) {
    // Why: lezer calls itself for each level of a text, and has no stack left for thousands of them.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Replaces what Prometheus reads and the grammar does not: a number without digits behind its point, and a function by its
 * name in Prometheus 2. Something of the same length stands in for it, so that all offsets stay.
 */
const replaceUnread = (text: string): string =>
  text.replace(/(?<![\w.])(\d+)\.(?=e[-+]?\d|(?![\w.]))/gi, '0$1').replace(/\bholt_winters(?=\s*\()/g, 'day_of_month');

/** How deep a tree may be, so that what walks through it has a stack. */
const maxDepth = 500;
/** From about here on lezer leaves an operator unfinished, as if the text had an error there. Source: @lezer/lr, `Parse.advance`. */
const maxDepthWithErrors = 250;

/** Why a copy: lezer keeps its tree in numbers, and makes an object anew each time that somebody asks for a node. */
class TreeCopy {
  #depth = 0;
  #hasErrors = false;

  read(cursor: Cursor): SyntaxNode | undefined {
    const top = this.#copy(cursor, 1);
    return this.#depth > (this.#hasErrors ? maxDepthWithErrors : maxDepth) ? undefined : top;
  }

  #copy(cursor: Cursor, depth: number): SyntaxNode {
    const { name, from, to, type } = cursor;
    if (depth > this.#depth) this.#depth = depth;
    if (type.isError) this.#hasErrors = true;
    const children: SyntaxNode[] = [];
    if (depth <= maxDepth && cursor.firstChild()) {
      do children.push(this.#copy(cursor, depth + 1));
      while (cursor.nextSibling());
      cursor.parent();
    }
    return { name, from, to, isError: type.isError, children };
  }
}
