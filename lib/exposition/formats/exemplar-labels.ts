import { isLabelName } from '../../families/naming.js';
import { maxExemplarLength } from '../../store/exemplar-labels.js';
import type { Exemplar } from '../../store/exposed-family.js';

/** The labels by which an exemplar is written; `undefined` if they are too long, so that it must be left out. */
export function listExemplarLabels({
  labels,
}: Exemplar): readonly (readonly [name: string, value: string])[] | undefined {
  const named = Object.entries(labels).filter(([name, text]) => isLabelName(name) && text !== '');
  // Why none instead of a shorter one: a trace id that was cut leads nowhere.
  return countCodePoints(named.flat()) > maxExemplarLength ? undefined : named;
}

const countCodePoints = (texts: readonly string[]): number => Array.from(texts.join('')).length;
