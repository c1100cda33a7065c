import { type EscapingScheme, escapeLabelName, escapeMetricName } from '../families/escaping.js';
import type { ExposedFamily, SampleWriter } from '../store/exposed-family.js';
import { ForwardingWriter } from '../store/forwarding-writer.js';

/** This family with its name and those of its labels escaped. */
export function withEscapedNames(family: ExposedFamily, scheme: EscapingScheme): ExposedFamily {
  if (scheme === 'allow-utf-8') return family;
  return {
    ...family,
    name: escapeMetricName(family.name, scheme),
    write: (samples) => family.write(new EscapingLabels(samples, scheme)),
  };
}

class EscapingLabels extends ForwardingWriter {
  readonly #scheme: EscapingScheme;
  readonly #escaped = new Map<string, string>();

  constructor(samples: SampleWriter, scheme: EscapingScheme) {
    super(samples);
    this.#scheme = scheme;
  }

  override label(depth: number, name: string, value: string): void {
    let escaped = this.#escaped.get(name);
    if (escaped === undefined) {
      escaped = escapeLabelName(name, this.#scheme);
      this.#escaped.set(name, escaped);
    }
    super.label(depth, escaped, value);
  }
}
