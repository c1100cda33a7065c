import type { ExposedSample } from './exposition.js';

/** How the value of a label enters the key; the empty text leaves the label out. */
type Spelling = (label: string, value: string) => string;

/**
 * Gives one text for one label set, whatever the order of its labels.
 *
 * Why with lengths: no value can be taken for the parts of another one.
 */
export function keyOfLabels(labels: ExposedSample['labels'], spell: Spelling): string {
  const parts: string[] = [];
  for (const label in labels) {
    const value = spell(label, labels[label] as string);
    if (value !== '') parts.push(`${label}=${value.length}:${value}`);
  }
  return parts.sort().join();
}
