/// <reference types="node" preserve="true" />
export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export { type ExpressMetricsOptions, type ExpressMiddleware, httpMetrics, type RouteReader } from './http-metrics.js';
