import { formatValue } from '../error.js';
import type { Family } from '../families/family.js';
import type { Advice } from '../recorder/reports.js';
import type { Limit, LimitsWatch } from './bounds-watch.js';
import type { FamilyCardinality } from './cardinality.js';
import type { LabelGuard } from './label-guard.js';
import type { SampleLimitWatch } from './sample-budget.js';
import { type SensitivePattern, sensitivePattern } from './sensitive.js';

/** Puts into words what happens at the bounds of a family, for whoever can change the label that is the cause. */
export class LimitsAdvice implements LimitsWatch {
  readonly #family: Family;
  readonly #advise: (advice: Advice) => void;

  constructor(family: Family, advise: (advice: Advice) => void) {
    this.#family = family;
    this.#advise = advise;
  }

  filling(bound: Limit): void {
    const what = bound.label === undefined ? 'series' : `values of label "${bound.label}"`;
    this.#tell(`has four fifths of the ${count(bound.most)} ${what} that it may have`, bound);
  }

  full(bound: Limit, outside?: string): void {
    const wrong =
      bound.label === undefined
        ? `has the ${count(bound.most)} series that it may have: a new one becomes "other" in its labels, or is dropped`
        : `has a value of label "${bound.label}" outside the ${count(bound.most)} that it may have, which becomes "other" or is dropped`;
    this.#tell(wrong, bound, outside);
  }

  sensitive(label: string, pattern: SensitivePattern): void {
    const { name, site, labels } = this.#family;
    const fate = labels[label]?.sensitive === 'drop' ? 'its observations are dropped' : 'it is exposed as "redacted"';
    this.#advise({
      code: 'sensitive',
      message: `${site}: family "${name}" has a value of label "${label}" that looks like a secret or a personal datum, ${fate} (given what looks like: ${pattern}). Read another value, use hash: true, or set sensitive: "allow" on that label.`,
    });
  }

  #tell(wrong: string, { label = '', domains }: Limit, outside?: string): void {
    const { name, site } = this.#family;
    const [widest, values] = domains.has(label) ? [label, examplesOf(domains.get(label))] : widestOf(domains);
    const given = outside === undefined ? `most values has label "${widest}", such as ${values}` : safely(outside);
    this.#advise({
      code: 'bound',
      message: `${site}: family "${name}" ${wrong} (given ${given}${outside === undefined ? '' : `, beside ${values}`}). ${remedy(widest, domains)}`,
    });
  }
}

/** The same for what the families of a recorder share. */
export class SampleLimitAdvice implements SampleLimitWatch {
  readonly #most: number;
  readonly #cardinality: () => readonly FamilyCardinality[];
  readonly #advise: (advice: Advice) => void;

  constructor(most: number, cardinality: () => readonly FamilyCardinality[], advise: (advice: Advice) => void) {
    this.#most = most;
    this.#cardinality = cardinality;
    this.#advise = advise;
  }

  filling(): void {
    this.#tell(`has four fifths of the ${count(this.#most)} samples that it may have`);
  }

  full(): void {
    this.#tell(`has the ${count(this.#most)} samples that it may have: new series are dropped`);
  }

  #tell(wrong: string): void {
    const heaviest = this.#cardinality().slice(0, 3);
    const given = heaviest.map(({ name, samples }) => `"${name}" with ${count(samples)}`).join(', ');
    this.#advise({
      code: 'bound',
      message: `the recorder ${wrong} (given most by ${given}). See recorder.cardinality() for the labels they come from, or raise "maxSamples".`,
    });
  }
}

function remedy(label: string, domains: ReadonlyMap<string, LabelGuard>): string {
  const { oneOf, limit } = domains.get(label)?.policy ?? {};
  if (oneOf !== undefined) return `Add the value to "oneOf", or read another one.`;
  if (limit !== undefined) return `Read a value that has fewer different ones, or raise the label's "limit".`;
  return `Read a value that has fewer different ones, give the label a "limit", or raise "maxSeries".`;
}

/** The label with the most different values, and three of them. */
function widestOf(domains: ReadonlyMap<string, LabelGuard>): [label: string, examples: string] {
  const [label, domain] = [...domains].sort(([, a], [, b]) => b.size - a.size)[0] ?? [''];
  return [label, examplesOf(domain)];
}

/** The first three of its values, as they are exposed or listed. */
function examplesOf(domain: LabelGuard | undefined): string {
  const examples: string[] = [];
  for (const value of domain?.policy.oneOf ?? domain?.values() ?? [])
    if (examples.push(formatValue(value)) === 3) break;
  return examples.join(', ') || 'none';
}

// Why: a value outside a closed domain was not looked at before.
const safely = (value: string): string => (sensitivePattern(value) === undefined ? formatValue(value) : '"redacted"');

const count = (many: number): string => many.toLocaleString('en-US');
