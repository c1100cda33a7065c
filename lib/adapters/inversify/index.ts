export { catalogueOf, installMetrics } from './install-metrics.js';
export type { MetricsContainer } from './metrics-container.js';
