/**
 * Chooses families by name: by the name of a family or by that of one of its samples. Returns whether a family of this name
 * is chosen. No names choose every family.
 */
export function chooseFamilies(names: readonly string[] = []): (name: string) => boolean {
  if (names.length === 0) return () => true;
  const wanted = new Set(names.flatMap((name) => [name, name.replace(/_(bucket|sum|count)$/, '')]));
  return (name) => wanted.has(name) || wanted.has(name.replace(/_total$/, ''));
}
