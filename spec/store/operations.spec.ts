import { expect } from 'chai';
import fc from 'fast-check';
import { defineCounter, type LabelPolicy, type LabelValue, PrometheusRecorder } from '../../lib/index.js';
import { readSamples } from '../prometheus/read-samples.js';

/** What may be done to a counter of two labels. */
type Step =
  | { readonly add: readonly [LabelValue, LabelValue]; readonly by: number }
  | { readonly remove: { readonly a?: LabelValue; readonly b?: LabelValue } }
  | { readonly clear: true };

const values: fc.Arbitrary<LabelValue> = fc.constantFrom('x', 'y', 'z', 'w', 1, '1', true, 'true', '', null, undefined);
const policies: fc.Arbitrary<LabelPolicy> = fc.constantFrom<LabelPolicy>(
  {},
  { limit: 1 },
  { limit: 2 },
  { oneOf: ['x', 'y'] },
  { oneOf: ['x', '1', 'true'] },
);

const given = values.filter((value) => value !== undefined);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ add: fc.tuple(values, values), by: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({ remove: fc.record({ a: given, b: given }, { requiredKeys: [] }) }),
  },
  { weight: 1, arbitrary: fc.constant({ clear: true as const }) },
);

/** The rules in plain words: nothing is remembered but the series that there are. */
class Model {
  readonly series = new Map<string, number>();
  readonly #policies: readonly LabelPolicy[];
  readonly #most: number;

  constructor(policiesOf: readonly LabelPolicy[], most: number) {
    this.#policies = policiesOf;
    this.#most = most;
    this.clear();
  }

  clear(): void {
    this.series.clear();
    const [a, b] = this.#policies.map(({ oneOf }) => oneOf);
    if (a === undefined || b === undefined || a.length * b.length > this.#most) return;
    for (const first of a) for (const second of b) this.series.set(JSON.stringify([first, second]), 0);
  }

  add(raw: readonly LabelValue[], by: number): void {
    let set = raw.map((value, i) => this.#admitted(String(value ?? ''), i));
    const isOpen = this.#policies.some(({ oneOf }) => oneOf === undefined);
    const folded = this.#policies.reduce((product, { oneOf }) => product * (oneOf?.length ?? 1), 1);
    const room = this.#most - (isOpen ? Math.min(folded, Math.floor(this.#most / 2)) : 0);
    if (!this.series.has(JSON.stringify(set)) && this.series.size >= room) {
      set = set.map((value, i) => (value === '' || this.#policies[i]?.oneOf ? value : 'other'));
    }
    const key = JSON.stringify(set);
    if (!this.series.has(key) && this.series.size >= this.#most) return;
    this.series.set(key, (this.series.get(key) ?? 0) + by);
  }

  remove(wanted: readonly (LabelValue | undefined)[]): void {
    for (const key of this.series.keys()) {
      const set = JSON.parse(key) as string[];
      const isMeant = wanted.every((value, i) => value === undefined || String(value ?? '') === set[i]);
      if (isMeant) this.series.delete(key);
    }
  }

  #admitted(text: string, label: number): string {
    const { oneOf, limit } = this.#policies[label] ?? {};
    if (text === '') return text;
    if (oneOf !== undefined) return oneOf.includes(text) ? text : 'other';
    const known = new Set([...this.series.keys()].map((key) => (JSON.parse(key) as string[])[label] as string));
    known.delete('');
    known.delete('other');
    return limit === undefined || known.has(text) || known.size < limit ? text : 'other';
  }
}

describe('A random sequence of observations and removals', () => {
  it('leaves the series that a simple model predicts, under any policies and limits', async () => {
    const story = fc.record({
      labels: fc.tuple(policies, policies),
      most: fc.integer({ min: 1, max: 8 }),
      steps: fc.array(step, { maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ labels: [a, b], most, steps }) => {
        const family = defineCounter({ name: 'steps_total', help: 'Steps', labels: { a, b }, maxSeries: most });
        const recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
        const counter = recorder.counter(family);
        const model = new Model([a, b], most);
        for (const one of steps) {
          if ('add' in one) {
            counter.inc({ a: one.add[0] as never, b: one.add[1] as never }, one.by);
            model.add(one.add, one.by);
          } else if ('remove' in one) {
            recorder.remove(family, one.remove as never);
            model.remove([one.remove.a, one.remove.b]);
          } else {
            recorder.clear(family);
            model.clear();
          }
        }
        const expected = [...model.series].map(([key, value]) => {
          const [first, second] = JSON.parse(key) as [string, string];
          const shown = [first && `a="${first}"`, second && `b="${second}"`].filter(Boolean).join(',');
          return [`steps_total${shown && `{${shown}}`}`, value] as const;
        });
        expect(await readSamples(recorder, 'steps_total')).to.deep.equal(Object.fromEntries(expected));
      }),
      { numRuns: process.env['CI'] === 'true' ? 1500 : 500 },
    );
  });
});
