export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export type { MetricsServerOptions, ServerTlsOptions } from '../../server/config/options.js';
export type { ServerAddress } from '../../server/listening-server.js';
export {
  type HttpContext,
  type HttpMetricsOptions,
  type HttpMiddleware,
  httpMetrics,
  type RoutedContext,
  type RouteReader,
} from './http-metrics.js';
export { type KoaContext, type KoaMiddleware, metricsMiddleware } from './metrics-middleware.js';
export { MetricsServer } from './metrics-server.js';
