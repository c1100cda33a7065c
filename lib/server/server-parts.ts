import { ScrapesInFlight } from '../access/scrapes-in-flight.js';
import type { OtlpExporter } from '../otlp/otlp-exporter.js';
import type { Scrapable } from '../store/exposed-family.js';
import { type Limits, limitsOf, type MetricsServerOptions } from './config/options.js';
import { OpenResponses } from './connections.js';
import { EndpointMetrics } from './endpoint-metrics.js';
import { OpenConnections } from './open-connections.js';

/** What the parts of one metrics server share, from its creation on. */
export interface ServerParts {
  readonly recorder: Scrapable;
  readonly options: MetricsServerOptions;
  readonly limits: Limits;
  readonly metrics: EndpointMetrics;
  readonly connections: OpenConnections;
  readonly responses: OpenResponses;
  readonly scrapes: ScrapesInFlight;
  /** What sends the metrics over OTLP while the server runs, if something does. */
  readonly exporter?: OtlpExporter | undefined;
  /** Whether the server expects more than one scrape: not while it drains. */
  readonly readiness: { isReady: boolean };
}

export function createParts(recorder: Scrapable, options: MetricsServerOptions): ServerParts {
  const limits = limitsOf(options);
  const metrics = new EndpointMetrics();
  const connections = new OpenConnections(limits.maxConnections, () => metrics.countRefusal('connections'));
  return {
    recorder,
    options,
    limits,
    metrics,
    connections,
    responses: new OpenResponses(limits.responseTimeoutSeconds, connections),
    scrapes: new ScrapesInFlight(limits.maxConcurrentScrapes, metrics),
    readiness: { isReady: true },
  };
}
