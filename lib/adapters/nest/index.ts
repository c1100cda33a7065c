/// <reference types="node" preserve="true" />
export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export type { MetricsServerOptions } from '../../server/config/options.js';
export type { ServerAddress } from '../../server/listening-server.js';
export { type MetricsDynamicModule, MetricsModule } from './metrics-module.js';
export type {
  MetricsModuleAsyncOptions,
  MetricsModuleOptions,
  NestHttpRequest,
  NestRequestsOptions,
  RouteReader,
} from './module-options.js';
