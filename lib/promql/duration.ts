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

const secondsPer: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** How many seconds a length of time has, which is not a variable. */
export const toSeconds = (duration: string): number =>
  Number.parseInt(duration, 10) * (secondsPer[duration.replace(/\d+/, '')] as number);
