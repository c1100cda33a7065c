import type { Bound, ConstantLabels, ExposedFamily, SampleWriter } from './exposed-family.js';

/** This family with these labels on each of its samples, but for those of which a sample has one of the same name. */
export function withLabels(family: ExposedFamily, added: ConstantLabels): ExposedFamily {
  if (added.length === 0) return family;
  return { ...family, write: (samples) => family.write(new AddingLabels(samples, added)) };
}

class AddingLabels implements SampleWriter {
  readonly #samples: SampleWriter;
  readonly #added: ConstantLabels;
  /** The names of the sample's own labels, by depth. */
  #own: readonly string[] = [];

  constructor(samples: SampleWriter, added: ConstantLabels) {
    this.#samples = samples;
    this.#added = added;
  }

  label(depth: number, name: string, value: string): void {
    this.#own = [...this.#own.slice(0, depth), name];
    this.#samples.label(depth, name, value);
  }

  sample(depth: number, suffix: string, value: number, bound?: Bound): void {
    this.#samples.sample(this.#add(depth), suffix, value, bound);
  }

  created(depth: number, seconds: number): void {
    this.#samples.created(this.#add(depth), seconds);
  }

  /** Adds the labels below this depth, and says how deep they reach. */
  #add(depth: number): number {
    const own = this.#own.slice(0, depth);
    const added = this.#added.filter(([name]) => !own.includes(name));
    for (const [i, [name, value]] of added.entries()) this.#samples.label(depth + i, name, value);
    return depth + added.length;
  }
}
