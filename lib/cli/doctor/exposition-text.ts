/** One sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A family of a scrape. */
export interface ExposedFamily {
  readonly name: string;
  readonly type: string;
  readonly samples: Sample[];
  bytes: number;
}

/** The first line that is not text format 0.0.4, and why. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

const sampleLine =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*)\})?[ \t]+([^ \t]+)(?:[ \t]+-?\d+)?$/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const number = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan)$/i;
const typeLine = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped|unknown)$/;

/**
 * Parses a scrape in text format 0.0.4.
 *
 * @throws FormatError where a line is wrong.
 */
export function parseExposition(text: string): ReadonlyMap<string, ExposedFamily> {
  const families = new Map<string, ExposedFamily>();
  const seen = new Set<string>();
  const fail = (line: number, why: string): never => {
    throw new FormatError(`line ${line} ${why}`);
  };
  if (!text.endsWith('\n')) fail(text.split('\n').length, 'does not end: the response was cut off, or is no scrape');
  for (const [index, line] of text.slice(0, -1).split('\n').entries()) {
    if (line === '') continue;
    if (line.startsWith('#')) {
      const [, name = '', type = ''] = typeLine.exec(line) ?? [];
      if (name === '' && line.startsWith('# TYPE ')) fail(index + 1, `has an unknown type: ${shorten(line)}`);
      if (name !== '') {
        if (families.has(name)) fail(index + 1, `declares ${name} a second time, or after its samples`);
        families.set(name, { name, type, samples: [], bytes: 0 });
      }
      continue;
    }
    const [, name, labels = '', value = ''] = sampleLine.exec(line) ?? [];
    if (name === undefined) return fail(index + 1, `is neither a sample nor a comment: ${shorten(line)}`);
    if (!number.test(value)) fail(index + 1, `has a value that is no number: ${shorten(line)}`);
    if (seen.has(`${name}{${labels}}`)) fail(index + 1, `repeats a series: ${shorten(line)}`);
    seen.add(`${name}{${labels}}`);
    const family = familyOf(families, name);
    family.samples.push({ name, labels: parseLabels(labels), value: Number(value.replace(/inf/i, 'Infinity')) });
    family.bytes += line.length + 1;
  }
  return families;
}

function familyOf(families: Map<string, ExposedFamily>, sample: string): ExposedFamily {
  const own = families.get(sample);
  if (own !== undefined) return own;
  const stem = families.get(sample.replace(/_(?:bucket|sum|count)$/, ''));
  if (stem?.type === 'histogram' || stem?.type === 'summary') return stem;
  const untyped = { name: sample, type: 'untyped', samples: [], bytes: 0 };
  families.set(sample, untyped);
  return untyped;
}

const parseLabels = (labels: string): Record<string, string> =>
  Object.fromEntries([...labels.matchAll(label)].map(([, name = '', value = '']) => [name, value]));

const shorten = (line: string): string => (line.length > 80 ? `${line.slice(0, 79)}…` : line);
