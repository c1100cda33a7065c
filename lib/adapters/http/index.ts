/// <reference types="node" preserve="true" />
export type { FetchRequest, FetchResponse, NodeRequest, NodeResponse } from '../../http/http-messages.js';
export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export type { AccessOptions } from '../../server/config/options.js';
export {
  type FetchClient,
  type FetchHandler,
  fetchHandler,
  type MetricsHandler,
  metricsHandler,
} from '../../server/guarded-scrapes.js';
export { httpMetrics, type MeasureRequest, type NodeHttpMetricsOptions, type RouteReader } from './http-metrics.js';
