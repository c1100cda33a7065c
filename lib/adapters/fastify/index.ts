/// <reference types="node" preserve="true" />
export type { RequestMetricsOptions } from '../../http/request-metrics-options.js';
export {
  type FastifyApplication,
  type FastifyExchange,
  type MetricsPlugin,
  type MetricsPluginOptions,
  metricsPlugin,
} from './metrics-plugin.js';
