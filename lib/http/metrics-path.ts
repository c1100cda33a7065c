import type { Rule } from '../validation.js';

/** Where an adapter that mounts itself serves the metrics. Why no default: only an application that asks for it opens a path on its port. */
export const metricsPathRule: Rule = {
  // Why no more: some of the other characters are patterns of a router, and the rest is encoded where a client sends it.
  must: 'be a path of "/", letters, digits and "-._~" that begins with "/"',
  accepts: (value) => typeof value === 'string' && /^(?:\/[\w.~-]+)+\/?$/.test(value),
  remedy: 'Write for example "/metrics", or leave it out to open no path',
};
