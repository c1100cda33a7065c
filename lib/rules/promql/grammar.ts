import { exportsOf, type PeerUse, peerError } from '../../peers.js';

/** A node of the tree that Prometheus' grammar makes of a text: what is used of it. */
export interface SyntaxNode {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly type: { readonly isError: boolean };
  readonly firstChild: SyntaxNode | null;
  readonly nextSibling: SyntaxNode | null;
}

/** Parses a text; also one that is no PromQL has a tree, in which nodes are errors. */
export type Grammar = (text: string) => SyntaxNode;

const peer: PeerUse = {
  packages: ['@prometheus-io/lezer-promql', '@lezer/lr', '@lezer/highlight'],
  purpose: 'to read PromQL',
  install: '@prometheus-io/lezer-promql @lezer/lr @lezer/highlight',
};

interface Lezer {
  readonly parser: { parse(text: string): { readonly topNode: SyntaxNode } };
}

/**
 * Loads the grammar of Prometheus.
 *
 * @throws MetricsError `missing_peer` where it is not installed.
 */
export async function loadGrammar(): Promise<Grammar> {
  try {
    const { parser } = exportsOf((await import('@prometheus-io/lezer-promql')) as object) as Lezer;
    return (text) => parser.parse(text).topNode;
  } catch (cause) {
    throw peerError('check', peer, cause);
  }
}
