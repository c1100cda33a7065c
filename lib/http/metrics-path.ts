import type { Rule } from '../validation.js';

/** Where an adapter that mounts itself serves the metrics. Why no default: only an application that asks for it opens a path on its port. */
export const metricsPathRule: Rule = {
  must: 'be a path that begins with "/"',
  accepts: (value) => typeof value === 'string' && /^\/[^\s?#:*]+$/.test(value),
  remedy: 'Write for example "/metrics", or leave it out to open no path',
};
