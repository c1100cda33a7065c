/// <reference types="node" preserve="true" />
export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export type { MetricsServerOptions, ServerTlsOptions } from '../../server/config/options.js';
export type { ServerAddress } from '../../server/listening-server.js';
export type { KoaContext, KoaMiddleware, MeasuredContext, RoutedContext } from './context.js';
export { type HttpMetricsOptions, httpMetrics, type RouteReader } from './http-metrics.js';
export { type MetricsMiddlewareOptions, metricsMiddleware } from './metrics-middleware.js';
export { MetricsServer } from './metrics-server.js';
