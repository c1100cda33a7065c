export { type CatalogueEntry, type CatalogueLabel, catalogue, type Declaring } from './catalogue/catalogue.js';
export { catalogueMarkdown } from './catalogue/markdown.js';
export type { MethodDecoratorOf } from './decorators/apply.js';
export { Counter } from './decorators/counter.js';
export { Gauge } from './decorators/gauge.js';
export { Histogram } from './decorators/histogram.js';
export { InFlight } from './decorators/in-flight.js';
export { instrumentFunction, instrumentMethod } from './decorators/instrument-function.js';
export { Instrumented, type InstrumentedOptions } from './decorators/instrumented.js';
export { Timed } from './decorators/timed.js';
export { type DropReason, dropReasons, MetricsError, type MetricsErrorCode, type Problem } from './error.js';
export { type ScrapeRequest, type ScrapeResponse, scrape } from './exposition/scrape.js';
export { defaultBuckets, exponentialBuckets, linearBuckets } from './families/buckets.js';
export type {
  ExternalCounter as PlacedCounter,
  ExternalGauge as PlacedGauge,
  ExternalHistogram as PlacedHistogram,
  ExternalMetric as Placed,
  OpenLabels,
} from './families/external-metric.js';
export {
  type CounterFamily,
  defineCounter,
  defineGauge,
  defineHistogram,
  type Family,
  type FamilyOptions,
  type GaugeFamily,
  type HistogramFamily,
} from './families/family.js';
export type { LabelPolicy, LabelSet, LabelValue, Policies } from './families/label-policy.js';
export type { OpenFamily } from './families/open-family.js';
export type { AnyMethod } from './instrumentation/call.js';
export type { ReaderThis } from './instrumentation/reader-types.js';
export { errorName, outcome } from './instrumentation/ready-made.js';
export { PrometheusRecorder } from './prometheus/prometheus-recorder.js';
export type { PrometheusRecorderOptions } from './prometheus/recorder-options.js';
export { AbstractRecorder, type RecorderOptions } from './recorder/abstract-recorder.js';
export type { Advice } from './recorder/advice.js';
export { attachRecorder, setDefaultRecorder } from './recorder/attach.js';
export type {
  CounterHandle as CounterByHand,
  GaugeHandle as GaugeByHand,
  HistogramHandle as HistogramByHand,
} from './recorder/handles.js';
export { type FamilyRecorder, MetricsRecorder, type SeriesId as Place } from './recorder/metrics-recorder.js';
export { NoopRecorder } from './recorder/noop-recorder.js';
export type { FamilyCardinality, LabelCardinality } from './store/cardinality.js';
export type { Explanation, FamilyState } from './store/explain.js';
export type { ConstantLabels, ExposedFamily, Scrapable } from './store/exposed-family.js';
export type { FamilySnapshot, SampleSnapshot } from './store/snapshot.js';
