import { formatDuration, toSeconds } from './duration.js';
import type { GrowthNode, Node, SelectorNode } from './node.js';

/** The two kinds of series that make up a growth: those that are new, which count in full, and the others. */
interface GrowthParts {
  readonly fresh: Node;
  readonly grown: Node;
}

/**
 * Splits how much a counter has grown.
 *
 * Why not `increase()` alone: a series appears with its first event, at 1 or at what one scrape interval has brought, and
 * `increase()` sees only what comes after. So what is new within the window counts in full, if its target was scraped before,
 * or is new too.
 */
export function splitGrowth({ of, target }: GrowthNode): GrowthParts {
  const { window = '', offset, ...plain } = of;
  const seconds = toSeconds(window) + (offset === undefined ? 0 : toSeconds(offset));
  const at = (selector: SelectorNode, when: string | undefined): SelectorNode =>
    when === undefined ? selector : { ...selector, offset: when };
  const before = offset === undefined ? window : formatDuration(seconds);
  const isNew = binary('unless', at(plain, offset), at(plain, before));
  const wasScraped = binary('==', at(series('up'), before), { type: 'number', value: 1 });
  const started = binary('>', at(series('process_start_time_seconds'), offset), secondsAgo(seconds));
  return {
    fresh: { ...binary('and', isNew, binary('or', wasScraped, started)), matching: { on: target } },
    grown: { type: 'call', name: 'increase', args: [of] },
  };
}

/** How much a counter has grown, as one expression. */
export function expandGrowth(growth: GrowthNode): Node {
  const { fresh, grown } = splitGrowth(growth);
  return binary('or', fresh, grown);
}

const binary = (operator: string, left: Node, right: Node) => ({ type: 'binary', operator, left, right }) as const;

const series = (name: string): SelectorNode => ({ type: 'selector', name, matchers: [] });

const secondsAgo = (seconds: number): Node =>
  binary('-', { type: 'call', name: 'time', args: [] }, { type: 'number', value: seconds });
