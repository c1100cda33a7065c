/// <reference types="node" preserve="true" />
export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export {
  type HonoContext,
  type HonoMetricsOptions,
  type HonoMiddleware,
  type HonoRoute,
  httpMetrics,
  type RouteReader,
} from './http-metrics.js';
