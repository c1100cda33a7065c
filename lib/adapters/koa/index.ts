export type { MetricsServerOptions, ServerTlsOptions } from '../../serving/config/server-options.js';
export type { ServerAddress } from '../../serving/listening-server.js';
export { type HttpMiddleware, httpMetrics } from './http-metrics.js';
export type { HttpContext, HttpMetricsOptions, RoutedContext, RouteReader } from './http-metrics-options.js';
export { type KoaContext, type KoaMiddleware, metricsMiddleware } from './metrics-middleware.js';
export { MetricsServer } from './metrics-server.js';
