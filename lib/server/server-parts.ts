import { ScrapesInFlight } from '../access/scrapes-in-flight.js';
import type { EndOptions } from '../otlp/last-export.js';
import type { OtlpExporter } from '../otlp/otlp-exporter.js';
import type { Scrapable } from '../store/exposed-family.js';
import { type Limits, limitsOf, type MetricsServerOptions } from './config/options.js';
import { OpenResponses } from './connections.js';
import { EndpointMetrics } from './endpoint-metrics.js';
import { OpenConnections } from './open-connections.js';

/** What sends the metrics over OTLP while a server runs. */
export interface ServerExporter extends Pick<OtlpExporter, 'mergeWith'> {
  startWith(ends: EndOptions): ServerExporter;
  shutdown(): Promise<unknown>;
}

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
  readonly exporter?: ServerExporter | undefined;
  /** Whether the server expects more than one scrape: not while it drains. */
  readonly readiness: { isReady: boolean };
  /** Adds the metrics of the process, where that is not done by reading them here. */
  readonly addProcessMetrics?: (scrapable: Scrapable) => Scrapable;
}

/** What is different where the server runs in a thread of its own. */
type PartsOfThread = Pick<ServerParts, 'metrics' | 'readiness' | 'addProcessMetrics'>;

export function createParts(
  recorder: Scrapable,
  options: MetricsServerOptions,
  ofThread: PartsOfThread = { metrics: new EndpointMetrics(), readiness: { isReady: true } },
): ServerParts {
  const limits = limitsOf(options);
  const { metrics } = ofThread;
  const connections = new OpenConnections(limits.maxConnections, () => metrics.countRefusal('connections'));
  return {
    recorder,
    options,
    limits,
    connections,
    responses: new OpenResponses(limits.responseTimeoutSeconds, connections),
    scrapes: new ScrapesInFlight(limits.maxConcurrentScrapes, metrics),
    ...ofThread,
  };
}
