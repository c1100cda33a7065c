export type { MetricsContainer } from './activation-plugin.js';
export { installMetrics } from './install-metrics.js';
