import { ScrapesInFlight } from '../access/scrapes-in-flight.js';
import type { Scrapable } from '../store/exposed-family.js';
import { type Limits, limitsOf, type MetricsServerOptions } from './config/options.js';
import { OpenResponses } from './connections.js';
import { EndpointMetrics } from './endpoint-metrics.js';

/** What the parts of one metrics server share, from its creation on. */
export interface ServerParts {
  readonly recorder: Scrapable;
  readonly options: MetricsServerOptions;
  readonly limits: Limits;
  readonly metrics: EndpointMetrics;
  readonly responses: OpenResponses;
  readonly scrapes: ScrapesInFlight;
  /** Whether the server expects more than one scrape: not while it drains. */
  readonly readiness: { isReady: boolean };
}

export function createParts(recorder: Scrapable, options: MetricsServerOptions): ServerParts {
  const limits = limitsOf(options);
  const metrics = new EndpointMetrics();
  return {
    recorder,
    options,
    limits,
    metrics,
    responses: new OpenResponses(limits.responseTimeoutSeconds),
    scrapes: new ScrapesInFlight(limits.maxConcurrentScrapes, metrics),
    readiness: { isReady: true },
  };
}
