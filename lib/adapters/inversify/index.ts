export { catalogueOf, installMetrics, type MetricsContainer } from './install-metrics.js';
