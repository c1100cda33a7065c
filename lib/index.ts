export { type CatalogueEntry, type CatalogueLabel, catalogue, type Declaring } from './catalogue/catalogue.js';
export { catalogueMarkdown } from './catalogue/markdown.js';
export { Counter } from './decorators/counter.js';
export { Gauge } from './decorators/gauge.js';
export { Histogram } from './decorators/histogram.js';
export { InFlight } from './decorators/in-flight.js';
export { instrumentFunction, instrumentMethod } from './decorators/instrument-function.js';
export { Instrumented, type InstrumentedOptions } from './decorators/instrumented.js';
export type { MethodDecoratorOf } from './decorators/options.js';
export { Timed } from './decorators/timed.js';
export { defaultBuckets, exponentialBuckets, linearBuckets } from './definition/buckets.js';
export { type DropReason, dropReasons } from './definition/drop-reason.js';
export {
  type CounterFamily,
  defineCounter,
  defineGauge,
  defineHistogram,
  type Family,
  type FamilyOptions,
  type GaugeFamily,
  type HistogramFamily,
} from './definition/family.js';
export type { LabelPolicy, LabelSet, LabelValue, Policies } from './definition/label-policy.js';
export type { OpenFamily } from './definition/open-family.js';
export type { OpenLabels, Placed, PlacedCounter, PlacedGauge, PlacedHistogram } from './definition/placed.js';
export { MetricsError, type MetricsErrorCode, type Problem } from './error.js';
export type { ConstantLabels, ExposedFamily, Scrapable } from './exposition/exposed-family.js';
export { type ScrapeRequest, type ScrapeResponse, scrape } from './exposition/scrape.js';
export type { FamilySnapshot, SampleSnapshot } from './exposition/snapshot.js';
export type { FamilyCardinality, LabelCardinality } from './prometheus/cardinality.js';
export type { Explanation, FamilyState } from './prometheus/explain.js';
export { PrometheusRecorder } from './prometheus/prometheus-recorder.js';
export type { PrometheusRecorderOptions } from './prometheus/recorder-options.js';
export type { AnyMethod, Self } from './readers/reader-types.js';
export { errorName, outcome } from './readers/ready-made.js';
export { AbstractRecorder, type RecorderOptions } from './recorder/abstract-recorder.js';
export type { Advice } from './recorder/advice.js';
export type { CounterByHand, GaugeByHand, HistogramByHand } from './recorder/by-hand.js';
export { type FamilyRecorder, MetricsRecorder, type Place } from './recorder/metrics-recorder.js';
export { NoopRecorder } from './recorder/noop-recorder.js';
export { attachRecorder, setDefaultRecorder } from './recorder/wiring.js';
