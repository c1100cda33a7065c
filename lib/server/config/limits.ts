import type { ServerOptions } from 'node:http';
import type { MetricsServerOptions } from './server-options.js';

/** How much a server takes, with what is left out filled in. */
export interface Limits {
  readonly maxConcurrentScrapes: number;
  readonly maxConnections: number;
  readonly requestTimeoutSeconds: number;
  readonly responseTimeoutSeconds: number;
}

/** What holds where nothing else is said. */
export const defaultLimits: Limits = {
  maxConcurrentScrapes: 40,
  maxConnections: 1000,
  requestTimeoutSeconds: 10,
  responseTimeoutSeconds: 60,
};

export function limitsOf(options: MetricsServerOptions): Limits {
  const given = Object.keys(defaultLimits).map((name) => [name, options[name as keyof Limits]]);
  return { ...defaultLimits, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}

/** Longer than most scrape intervals, so that a scraper can keep its connection. */
const idleSeconds = 75;

/** These limits in the terms of `node:http`. */
export function httpOptions({ requestTimeoutSeconds }: Limits): ServerOptions {
  const timeout = requestTimeoutSeconds * 1000;
  return {
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(timeout, 1000),
    keepAliveTimeout: idleSeconds * 1000,
  };
}
