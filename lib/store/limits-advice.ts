import { formatCount, formatValue } from '../error.js';
import type { Family } from '../families/family.js';
import type { Advice } from '../recorder/reports.js';
import type { FamilyCardinality } from './cardinality.js';
import type { LabelGuard } from './label-guard.js';
import type { Limit, LimitsWatch, SampleLimitWatch } from './limits.js';
import { findSensitivePattern, type SensitivePattern } from './redaction.js';

/** Advises on the limits of a family, once on each, for the person who can change the label that is the cause. */
export class LimitsAdvice implements LimitsWatch {
  readonly #family: Family;
  readonly #advise: (advice: Advice) => void;
  /** What was advised on. Why not the messages: they show values that were there by chance. */
  #advised: Set<string> | undefined;

  constructor(family: Family, advise: (advice: Advice) => void) {
    this.#family = family;
    this.#advise = advise;
  }

  onNearlyReached(limit: Limit): void {
    if (!this.#isNew('nearly reached', limit.label)) return;
    const what = limit.label === undefined ? 'series' : `values of label "${limit.label}"`;
    this.#adviseOnLimit(limit, `has four fifths of the ${formatCount(limit.max)} ${what} that it may have`);
  }

  onExceeded(limit: Limit, outside?: string): void {
    if (!this.#isNew('exceeded', limit.label)) return;
    const wrong =
      limit.label === undefined
        ? `has the ${formatCount(limit.max)} series that it may have: a new one becomes "other" in its labels, or is dropped`
        : `has a value of label "${limit.label}" outside the ${formatCount(limit.max)} that it may have, which becomes "other" or is dropped`;
    this.#adviseOnLimit(limit, wrong, outside);
  }

  onSensitive(label: string, pattern: SensitivePattern): void {
    if (!this.#isNew('sensitive', label)) return;
    const { name, site, labels } = this.#family;
    const fate =
      labels[label]?.sensitive === 'drop' ? 'its observations are dropped' : 'the value is exposed as "redacted"';
    this.#advise({
      code: 'sensitive',
      message: `${site}: family "${name}" has a value of label "${label}" that looks like a secret or personal data; ${fate} (given a value that looks like: ${pattern}). Read another value, use hash: true, or set sensitive: "allow" on that label.`,
    });
  }

  #isNew(event: string, label = ''): boolean {
    const key = `${event} ${label}`;
    this.#advised ??= new Set();
    if (this.#advised.has(key)) return false;
    this.#advised.add(key);
    return true;
  }

  #adviseOnLimit({ label = '', guards }: Limit, wrong: string, outside?: string): void {
    const { name, site } = this.#family;
    const [widest, values] = guards.has(label) ? [label, listExamples(guards.get(label))] : widestLabel(guards);
    const given =
      outside === undefined
        ? `most values in label "${widest}", such as ${values}`
        : `${showSafely(outside)}, beside ${values}`;
    this.#advise({
      code: 'bound',
      message: `${site}: family "${name}" ${wrong} (given ${given}). ${remedyFor(widest, guards)}`,
    });
  }
}

/** Advises on the limit that the families of a recorder share. */
export class SampleLimitAdvice implements SampleLimitWatch {
  readonly #max: number;
  readonly #cardinality: () => readonly FamilyCardinality[];
  readonly #advise: (advice: Advice) => void;

  constructor(max: number, cardinality: () => readonly FamilyCardinality[], advise: (advice: Advice) => void) {
    this.#max = max;
    this.#cardinality = cardinality;
    this.#advise = advise;
  }

  onNearlyReached(): void {
    this.#adviseOnLimit(`has four fifths of the ${formatCount(this.#max)} samples that it may have`);
  }

  onExceeded(): void {
    this.#adviseOnLimit(`has the ${formatCount(this.#max)} samples that it may have: new series are dropped`);
  }

  #adviseOnLimit(wrong: string): void {
    const largest = this.#cardinality().slice(0, 3);
    const given = largest.map(({ name, samples }) => `"${name}" with ${formatCount(samples)}`).join(', ');
    this.#advise({
      code: 'bound',
      message: `the recorder ${wrong} (given most by ${given}). See recorder.cardinality() for the labels that cause them, or raise "maxSamples".`,
    });
  }
}

function remedyFor(label: string, guards: ReadonlyMap<string, LabelGuard>): string {
  const { oneOf, limit } = guards.get(label)?.policy ?? {};
  if (oneOf !== undefined) return `Add the value to "oneOf", or read another value.`;
  if (limit !== undefined) return `Read a label with fewer different values, or raise the label's "limit".`;
  return `Read a label with fewer different values, give the label a "limit", or raise "maxSeries".`;
}

/** The label with the most different values, and three of them. */
function widestLabel(guards: ReadonlyMap<string, LabelGuard>): [label: string, examples: string] {
  const [label, guard] = [...guards].sort(([, a], [, b]) => b.size - a.size)[0] ?? [''];
  return [label, listExamples(guard)];
}

/** Lists the first three values of a label, as they are exposed or declared. */
function listExamples(guard: LabelGuard | undefined): string {
  const examples: string[] = [];
  for (const value of guard?.policy.oneOf ?? guard?.values() ?? []) if (examples.push(formatValue(value)) === 3) break;
  return examples.join(', ') || 'none';
}

// Why: nothing has examined a value outside "oneOf" before.
const showSafely = (value: string): string =>
  findSensitivePattern(value) === undefined ? formatValue(value) : '"redacted"';
