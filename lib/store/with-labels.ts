import type { ConstantLabels, ExposedFamily, SampleWriter } from './exposed-family.js';
import { ForwardingWriter } from './forwarding-writer.js';

/** This family with these labels on each of its samples. A label that a sample already has by that name stays. */
export function withLabels(family: ExposedFamily, added: ConstantLabels): ExposedFamily {
  if (added.length === 0) return family;
  return { ...family, write: (samples) => family.write(new AddingLabels(samples, added)) };
}

class AddingLabels extends ForwardingWriter {
  readonly #added: ConstantLabels;
  /** The names of the sample's own labels, by depth. */
  #own: readonly string[] = [];

  constructor(samples: SampleWriter, added: ConstantLabels) {
    super(samples);
    this.#added = added;
  }

  override label(depth: number, name: string, value: string): void {
    this.#own = [...this.#own.slice(0, depth), name];
    super.label(depth, name, value);
  }

  protected override completeLabels(depth: number): number {
    const own = this.#own.slice(0, depth);
    const added = this.#added.filter(([name]) => !own.includes(name));
    for (const [i, [name, value]] of added.entries()) this.samples.label(depth + i, name, value);
    return depth + added.length;
  }
}
