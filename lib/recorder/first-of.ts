/** The first so many of three values as a list. Why not a slice: it takes longer than all else that a fresh value costs. */
export function firstOf(many: number, a: unknown, b: unknown, c: unknown): readonly unknown[] {
  switch (many) {
    case 0:
      return [];
    case 1:
      return [a];
    case 2:
      return [a, b];
    default:
      return [a, b, c];
  }
}
