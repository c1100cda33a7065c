export type { ServerAddress } from '../../serving/listening.js';
export type { MetricsServerOptions, ServerTlsOptions } from '../../serving/server-options.js';
export {
  type HttpMetricsMiddleware,
  type HttpMetricsOptions,
  httpMetrics,
  type RoutedContext,
} from './http-metrics.js';
export { type KoaContext, type KoaMiddleware, metricsMiddleware } from './metrics-middleware.js';
export { MetricsServer } from './metrics-server.js';
