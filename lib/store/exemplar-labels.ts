import { formatThrown } from '../error.js';
import type { Family } from '../families/family.js';
import { isLabelName } from '../families/naming.js';
import { areSpanIds } from '../recorder/active-span.js';
import type { Advice } from '../recorder/reports.js';
import { isObject } from '../validation.js';
import type { ExemplarSource } from './exemplar-pool.js';
import { labelText } from './label-text.js';
import { findSensitivePattern } from './redaction.js';

/** How many code points the names and values of an exemplar's labels may have. Source: OpenMetrics 1.0.0, "Exemplars". */
export const maxExemplarLength = 128;

/** Why an exemplar that was given by hand is dropped; the observation stays. */
export const exemplarDropReasons = ['label_name', 'label_type', 'too_long', 'sensitive', 'not_supported'] as const;
export type ExemplarDropReason = (typeof exemplarDropReasons)[number];

/** An exemplar that may be exposed, or why it may not be. */
export type CheckedExemplar =
  | { readonly source: ExemplarSource | undefined }
  | { readonly refused: ExemplarDropReason; readonly given: string };

/**
 * Checks the labels of an exemplar that was given by hand. They pass the rules of all labels; what looks like a secret or
 * personal data is refused, as an exemplar without the value that it was given for shows nothing. Labels without a value
 * are left out, and there is no exemplar without labels. Never throws.
 */
export function checkExemplar(given: unknown): CheckedExemplar {
  try {
    return isObject(given) ? checkLabels(given) : refuse('label_type', given === null ? 'null' : `a ${typeof given}`);
  } catch (thrown) {
    return refuse('label_type', formatThrown(thrown));
  }
}

function checkLabels(given: Readonly<Record<string, unknown>>): CheckedExemplar {
  const labels: Record<string, string> = {};
  let length = 0;
  for (const [name, raw] of Object.entries(given)) {
    const text = labelText(raw);
    if (text === undefined) return refuse('label_type', `label "${name}" of type ${typeof raw}`);
    if (text === '') continue;
    if (!isLabelName(name)) return refuse('label_name', 'a name that is not a legal label name');
    length += countCodePoints(name) + countCodePoints(text);
    if (length > maxExemplarLength) return refuse('too_long', `more than ${maxExemplarLength} characters`);
    labels[name] = text;
  }
  return toSource(labels);
}

function toSource(labels: Readonly<Record<string, string>>): CheckedExemplar {
  const all = Object.entries(labels);
  const { trace_id: traceId = '', span_id: spanId = '' } = labels;
  // Why not searched for secrets: a random number may look like that of a card.
  if (all.length === 2 && areSpanIds(traceId, spanId)) return { source: { span: { traceId, spanId } } };
  for (const [name, text] of all) {
    const pattern = findSensitivePattern(text);
    if (pattern !== undefined) return refuse('sensitive', `label "${name}" that looks like: ${pattern}`);
  }
  return { source: all.length === 0 ? undefined : { labels: Object.freeze(labels) } };
}

const refuse = (refused: ExemplarDropReason, given: string): CheckedExemplar => ({ refused, given });

/** Why by length first: few texts have code points of two units. */
const countCodePoints = (text: string): number =>
  /[\ud800-\udbff]/.test(text) ? Array.from(text).length : text.length;

const wrongs: Readonly<Record<ExemplarDropReason, readonly [wrong: string, remedy: string]>> = {
  label_name: ['a label of it has no legal name', 'Use letters, digits and underscores'],
  label_type: ['it is not an object of strings, numbers, bigints and booleans', 'Give for example { order: "17" }'],
  too_long: ['its labels are too long', 'Give the id alone'],
  sensitive: ['a label of it looks like a secret or personal data', 'Leave that label out'],
  not_supported: ['OpenMetrics has no place for it', 'Give the counter a name that ends in _total'],
};

/** Creates the advice on a dropped exemplar. */
export function adviseOnExemplar({ name, site }: Family, reason: ExemplarDropReason, given: string): Advice {
  const [wrong, remedy] = wrongs[reason];
  return {
    code: 'exemplar',
    message: `${site}: an exemplar of "${name}" is dropped, and its observation is recorded: ${wrong} (given ${given}). ${remedy}.`,
  };
}
