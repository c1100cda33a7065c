/** The units of durations in seconds. Source: Prometheus, "Querying basics", float literals and time durations. */
const units: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Gives the seconds of a duration as Prometheus writes it, `1h30m` or `90`; `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  const given = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(given)) return Number(given);
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(given)) return undefined;
  return [...given.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit as string] as number),
    0,
  );
}

/** Writes a number of seconds as Prometheus does, in the largest unit that fits. */
export function formatDuration(seconds: number): string {
  const [unit, size] = Object.entries(units)
    .reverse()
    .find(([name, one]) => name !== 'y' && seconds >= one && seconds % one === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
