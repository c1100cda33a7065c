export type {
  HttpContext,
  HttpMetricsOptions,
  RoutedContext,
  RouteReader,
} from '../../http/request-metrics-options.js';
export type { MetricsServerOptions, ServerTlsOptions } from '../../server/config/server-options.js';
export type { ServerAddress } from '../../server/listening-server.js';
export { type HttpMiddleware, httpMetrics } from './http-metrics.js';
export { type KoaContext, type KoaMiddleware, metricsMiddleware } from './metrics-middleware.js';
export { MetricsServer } from './metrics-server.js';
