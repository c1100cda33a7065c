/** Finds the name that differs in the fewest letters, unless it differs in more than a slip of the pen. */
export function findNearest(given: string, names: Iterable<string>): string | undefined {
  const isNear = (name: string, edits: number) =>
    (edits <= Math.max(2, given.length / 5) && edits < given.length / 2) ||
    name.startsWith(given) ||
    given.startsWith(name);
  return Array.from(new Set(names), (name) => ({ name, edits: countEdits(given, name) }))
    .filter(({ name, edits }) => isNear(name, edits))
    .sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** Counts the letters to add, remove or replace: the distance of Levenshtein. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
