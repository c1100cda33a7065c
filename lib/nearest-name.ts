/** Finds the name that differs in the fewest letters, unless it differs in more than a slip of the pen. */
export function findNearest(given: string, names: Iterable<string>): string | undefined {
  const maxEdits = Math.max(2, given.length / 5);
  const continues = (name: string) => name.startsWith(given) || given.startsWith(name);
  const isNear = (name: string, edits: number) => (edits <= maxEdits && edits < given.length / 2) || continues(name);
  // Why by length first: there may be thousands of names, and each letter too many is an edit.
  const isCandidate = (name: string) => Math.abs(name.length - given.length) <= maxEdits || continues(name);
  return Array.from(new Set(names))
    .filter(isCandidate)
    .map((name) => ({ name, edits: countEdits(given, name, Math.floor(continues(name) ? Infinity : maxEdits)) }))
    .filter(({ name, edits }) => isNear(name, edits))
    .sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** What an error says to do about a name that does not exist: the one that may be meant, or else something else. */
export function suggestNearest(given: string, names: Iterable<string>, otherwise = 'Use one of these.'): string {
  const nearest = findNearest(given, names);
  return nearest === undefined ? otherwise : `Did you mean "${nearest}"?`;
}

/**
 * Counts the letters to add, remove or replace, and the neighbours to exchange: the distance of Damerau and Levenshtein, in
 * which no letter changes twice. Gives up where there are more than so many.
 *
 * Why it fills only a band of the table: there may be thousands of names, and no other cell leads to a small distance.
 */
function countEdits(from: string, to: string, most: number): number {
  let above: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = new Array<number>(to.length + 1).fill(Number.POSITIVE_INFINITY);
    if (i <= most) next[0] = i;
    let least = next[0] as number;
    for (let j = Math.max(1, i - most); j <= Math.min(to.length, i + most); j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isExchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const exchanged = isExchanged ? (above[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      const edits = Math.min(replaced, exchanged, (row[j] as number) + 1, (next[j - 1] as number) + 1);
      next[j] = edits;
      if (edits < least) least = edits;
    }
    if (least > most) return Number.POSITIVE_INFINITY;
    above = row;
    row = next;
  }
  return row[to.length] as number;
}
