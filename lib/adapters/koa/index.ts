export { type KoaContext, type KoaMiddleware, metricsMiddleware } from './metrics-middleware.js';
export { MetricsServer, type ServerAddress } from './metrics-server.js';
export type { MetricsServerOptions } from './server-options.js';
