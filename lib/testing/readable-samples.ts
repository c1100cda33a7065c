import { formatValue, MetricsError, type MetricsErrorCode } from '../error.js';
import { allInstruments } from '../families/declared-instruments.js';
import type { Family } from '../families/family.js';
import { kinds } from '../families/kinds.js';
import { suggestNearest } from '../nearest-name.js';
import type { SampleLabels } from './samples.js';

/** The names of the samples of a family that can be read back. */
const listSampleNames = ({ name, kind }: Family): string[] =>
  kinds[kind].hasBuckets ? [`${name}_count`, `${name}_sum`, `${name}_bucket`] : [name];

/**
 * Refuses a sample that no family can have: an assertion about it would pass or fail for the wrong reason. The families that
 * are open count, and those that a decorator declares.
 *
 * @throws MetricsError `unknown_metric` or `unknown_label`, with the nearest name.
 */
export function refuseUnknownSample(open: readonly Family[], name: string, labels: SampleLabels = {}): void {
  const families = [...open, ...allInstruments().map(({ family }) => family)];
  const owners = families.filter((family) => listSampleNames(family).includes(name));
  if (owners.length === 0) throw createUnknownSample(open, families, name);
  const known = new Set(owners.flatMap((family) => listLabelNames(family, name)));
  const unknown = Object.keys(labels).find((label) => !known.has(label));
  if (unknown !== undefined) throw createUnknownLabel(name, unknown, known);
}

function listLabelNames({ name: family, labels, kind }: Family, name: string): string[] {
  const ofSample = kinds[kind].hasBuckets && name === `${family}_bucket` ? kinds[kind].reservedLabels : [];
  return [...Object.keys(labels), ...ofSample];
}

function createUnknownSample(open: readonly Family[], families: readonly Family[], name: string): MetricsError {
  const ofHistogram = families.filter((family) => family.name === name).flatMap(listSampleNames);
  if (ofHistogram.length > 0) {
    const [count, sum, bucket] = ofHistogram;
    const message = `histogram "${name}" has no sample of that name (given "${name}"). Ask for "${count}", "${sum}" or "${bucket}".`;
    return createError('unknown_metric', message);
  }
  const remedy = suggestNearest(name, families.flatMap(listSampleNames), listKnown(open.flatMap(listSampleNames)));
  return createError('unknown_metric', `no family has a sample of that name (given ${formatValue(name)}). ${remedy}`);
}

const listKnown = (names: readonly string[]): string =>
  names.length === 0
    ? 'Open the family first: none is open, and no decorator declares it.'
    : `Name one of ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}, or open the family first.`;

function createUnknownLabel(name: string, label: string, known: ReadonlySet<string>): MetricsError {
  const otherwise = known.size === 0 ? 'Leave it out: it has none.' : `Name one of ${[...known].join(', ')}.`;
  const message = `"${name}" has no label of that name (given ${formatValue(label)}). `;
  return createError('unknown_label', message + suggestNearest(label, known, otherwise));
}

const createError = (code: MetricsErrorCode, message: string): MetricsError =>
  new MetricsError('MemoryRecorder', [{ code, message }]);
