import type { Rule } from '../validation.js';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y';

/** A length of time as PromQL writes it, such as `5m`, or one of the variables that Grafana puts in its place. */
export type Duration = `${number}${Unit}` | '$__rate_interval' | '$__interval' | '$__range';

const pattern = /^(?:[1-9]\d*(?:ms|s|m|h|d|w|y)|\$__rate_interval|\$__interval|\$__range)$/;

/** A length of time is a whole number of one unit. */
export const durationRule: Rule = {
  must: 'be a whole number of ms, s, m, h, d, w or y, or a variable of Grafana',
  accepts: (value) => typeof value === 'string' && pattern.test(value),
  remedy: 'Write for example "5m" or "$__rate_interval"',
  isRequired: true,
};
