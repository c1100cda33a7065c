const goFloat = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|([+-])?inf(?:inity)?|(nan))$/i;

/** Parses a number as Go's `strconv.ParseFloat` does, without hexadecimal ones; `undefined` where that fails. */
export function parseGoFloat(text: string): number | undefined {
  const found = goFloat.exec(text);
  if (found === null) return undefined;
  if (found[2] !== undefined) return Number.NaN;
  if (/inf/i.test(text)) return found[1] === '-' ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
