/// <reference types="node" preserve="true" />

export type { OtlpOptions } from '../otlp/otlp-options.js';
export type { ClientOptions, ClientTlsOptions } from '../sending/http-client.js';
export type { MetricsServerOptions, ServerTlsOptions } from './config/options.js';
export type { ServerAddress } from './listening-server.js';
export { MetricsServer } from './metrics-server.js';
export { type ServedMetrics, type ServeMetricsOptions, serveMetrics } from './serve-metrics.js';
