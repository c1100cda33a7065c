/** The nanoseconds of each unit. The two signs for micro look the same. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const part = String.raw`(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)`;
const duration = new RegExp(`^[-+]?(0|(${part})+)$`);
const parts = new RegExp(part, 'g');

/** The nanoseconds of a duration in Go's notation, such as `1m30s`, `.5s` or `+1s`; `undefined` where it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (!duration.test(text)) return undefined;
  let nanoseconds = 0;
  for (const [, count, unit] of text.matchAll(parts)) nanoseconds += Number(count) * (units[unit as string] as number);
  if (nanoseconds >= 2 ** 63) return undefined;
  const whole = Math.trunc(nanoseconds);
  return text.startsWith('-') && whole > 0 ? -whole : whole;
}
