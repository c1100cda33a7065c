export { MetricsAggregator } from './aggregator.js';
export type { AggregatorOptions, PublishOptions } from './options.js';
export { type PublishedMetrics, publishMetrics } from './publish-metrics.js';
