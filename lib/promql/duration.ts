import type { Rule } from '../validation.js';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y';

/** A length of time as Prometheus writes it, such as `5m`. */
export type PlainDuration = `${number}${Unit}`;

/** A length of time as PromQL writes it, such as `5m`, or one of the variables that Grafana puts in its place. */
export type Duration = PlainDuration | '$__rate_interval' | '$__interval' | '$__range';

const pattern = /^(?:[1-9]\d*(?:ms|s|m|h|d|w|y)|\$__rate_interval|\$__interval|\$__range)$/;

/** A length of time is a whole number of one unit. */
export const durationRule: Rule = {
  must: 'be a whole number of ms, s, m, h, d, w or y, or a variable of Grafana',
  accepts: (value) => typeof value === 'string' && pattern.test(value),
  remedy: 'Write for example "5m" or "$__rate_interval"',
  isRequired: true,
};

const plainPattern = /^[1-9]\d*(?:ms|s|m|h|d|w|y)$/;

/** The same without the variables of Grafana. */
export const plainDurationRule: Rule = {
  must: 'be a whole number of ms, s, m, h, d, w or y',
  accepts: (value) => typeof value === 'string' && plainPattern.test(value),
  remedy: 'Write for example "5m"',
  isRequired: true,
};

/** The units in seconds. Source: Prometheus, "Querying basics", float literals and time durations. */
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

/** The seconds of a duration whose form is known to be right. */
export const toSeconds = (duration: string): number => parseDuration(duration) as number;

/** Writes a number of seconds as Prometheus does, in the largest unit that fits. */
export function formatDuration(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const isWhole = (size: number): boolean => milliseconds >= size * 1000 && milliseconds % (size * 1000) === 0;
  const [unit, size] = Object.entries(units)
    .reverse()
    .find(([name, one]) => name !== 'y' && isWhole(one)) ?? ['s', 1];
  return `${milliseconds / (size * 1000)}${unit}`;
}
