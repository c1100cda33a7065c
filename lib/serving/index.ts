export type { ServerAddress } from './listening-server.js';
export { type ServedMetrics, type ServeMetricsOptions, serveMetrics } from './serve-metrics.js';
export type { MetricsServerOptions, ServerTlsOptions } from './server-options.js';
