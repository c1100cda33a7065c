import { type Exposition, formatObjection, isProblem } from '../exposition-reader/exposition.js';
import { readExposition } from '../exposition-reader/read-exposition.js';
import { isObject, isText } from '../validation.js';
import type { KnownFamily, KnownNames } from './known-names.js';

/** The types of an exposition, as kinds of families; any other one is unknown. */
const kindOfType: Readonly<Record<string, KnownFamily['kind']>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
  info: 'gauge',
  stateset: 'gauge',
};

const namesNothing = 'it names no metric';

/**
 * Adds the families of an exposition, with the labels that its samples have.
 *
 * @throws Error where it is a page of HTML instead, where Prometheus would refuse it, and where it has no family.
 */
export function addExposition(names: KnownNames, bytes: Uint8Array, contentType?: string): void {
  if (/^\s*</.test(Buffer.from(bytes.subarray(0, 100)).toString())) throw new Error('it is a page, and no metrics');
  const { families, objections } = readExposition(bytes, contentType === undefined ? {} : { contentType });
  const refused = objections.find((one) => isProblem(one) && one.effect === 'refuse');
  if (refused !== undefined) throw new Error(formatObjection(refused));
  if (families.size === 0) throw new Error(namesNothing);
  addFamilies(names, families);
}

/** Adds the families that were read from an exposition. */
export function addFamilies(names: KnownNames, families: Exposition['families']): void {
  for (const { name, type, samples } of families.values()) {
    const kind = kindOfType[type] ?? 'unknown';
    const ownNames = kind === 'counter' || kind === 'unknown' ? samples.map((sample) => sample.name) : [];
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    labels.delete('le');
    const bounds = samples.flatMap((sample) => sample.labels['le'] ?? []).map(Number);
    for (const exposed of ownNames.length === 0 ? [name] : new Set(ownNames)) {
      names.add({
        name: exposed,
        kind,
        isOwn: false,
        labels: names.withTargetLabels([], [...labels], samples.length === 0),
        values: new Map(),
        ...(bounds.length > 0 && { buckets: [...new Set(bounds.filter(Number.isFinite))].sort((a, b) => a - b) }),
      });
    }
  }
}

/**
 * Adds the names of metrics that others expose, from a file: an exposition, one name a line (where `*` stands for any
 * part), or what Prometheus answers for `/api/v1/metadata`, `/api/v1/label/__name__/values` or as a list in JSON.
 *
 * @throws Error where the file is none of these, and where it names nothing.
 */
export function addExternal(names: KnownNames, text: string): void {
  if (/^\s*[[{]/.test(text)) addJson(names, JSON.parse(text));
  else addText(names, text);
}

function addText(names: KnownNames, given: string): void {
  // Why: an editor may save a file so, and each sample of an exposition ends with one line feed.
  const text = `${given.replaceAll('\r\n', '\n').replace(/\n$/, '')}\n`;
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new Error(namesNothing);
  if (lines.every((line) => /^[\w:*.]+\s*$/.test(line))) {
    names.addNames(lines.map((line) => line.trim()));
    return;
  }
  addExposition(names, Buffer.from(text), /^# EOF\s*$/m.test(text) ? 'application/openmetrics-text' : undefined);
}

function addJson(names: KnownNames, given: unknown): void {
  const { data = given } = Object(given) as { readonly data?: unknown };
  const all = Array.isArray(data) ? data : Object.entries(Object(data) as object);
  if (all.length === 0) throw new Error(namesNothing);
  if (all.every(isText)) names.addNames(all);
  else if (all.every(isMetadata)) for (const [name, described] of all) addMetadata(names, name, described);
  else throw new Error('it is no list of names, and no answer of Prometheus');
}

/** Whether this is a metric with what Prometheus knows of it: a list of objects that have a type. */
const isMetadata = (entry: unknown): entry is [name: string, described: unknown] =>
  Array.isArray(entry) && Array.isArray(entry[1]) && entry[1].every((one) => isObject(one) && isText(one['type']));

/**
 * Adds what Prometheus knows of a metric: the answer of `/api/v1/metadata` for its name. A counter is added with `_total`
 * too: Prometheus files what it has read as OpenMetrics without it, and the series have it.
 */
export function addMetadata(names: KnownNames, name: string, described: unknown): void {
  const [first] = Array.isArray(described) ? described : [described];
  const { type = '' } = Object(first) as { readonly type?: string };
  const kind = kindOfType[type] ?? 'unknown';
  const exposed = kind === 'counter' && !name.endsWith('_total') ? [name, `${name}_total`] : [name];
  for (const one of exposed) {
    names.add({ name: one, kind, isOwn: false, labels: names.withTargetLabels([], [], true), values: new Map() });
  }
}
