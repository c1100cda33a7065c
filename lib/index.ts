export {
  type CatalogueEntry,
  type CatalogueLabel,
  type CatalogueNativeBuckets,
  type CatalogueSource,
  catalogue,
} from './catalogue/catalogue.js';
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
export { type AcceptHeaders, type NegotiatedFormat, negotiate } from './exposition/negotiation.js';
export { type ScrapeRequest, type ScrapeResponse, scrape } from './exposition/scrape.js';
export { defaultBuckets, exponentialBuckets, linearBuckets } from './families/buckets.js';
export type { EscapingScheme } from './families/escaping.js';
export type {
  ExternalCounter,
  ExternalGauge,
  ExternalHistogram,
  ExternalLabels,
  ExternalMetric,
} from './families/external-metric.js';
export {
  type Aggregator,
  type CounterFamily,
  type CounterFamilyOptions,
  defineCounter,
  defineGauge,
  defineHistogram,
  type Family,
  type FamilyOptions,
  type GaugeFamily,
  type HistogramFamily,
  type OpenFamily,
} from './families/family.js';
export type { LabelPolicies, LabelPolicy, LabelSet, LabelValue } from './families/labels.js';
export type { NameValidation } from './families/naming.js';
export type {
  NativeHistogramChoice,
  NativeHistogramOptions,
  NativeHistogramSettings,
} from './families/native-histogram.js';
export type { CounterObjective, HistogramObjective, Objective } from './families/objective.js';
export type { FetchRequest, FetchResponse, NodeRequest, NodeResponse } from './http/http-messages.js';
export { type RouteOf, requestMetrics, type TrackRequest } from './http/request-metrics.js';
export type { RequestMetricsOptions } from './http/request-metrics-options.js';
export { handleFetchScrape, handleScrape } from './http/scrape-handler.js';
export { type RequestLabel, requestFamilies, type TypedRequestFamilies } from './http/typed-request-families.js';
export type { AnyMethod } from './instrumentation/call.js';
export type { ReaderThis } from './instrumentation/reader-types.js';
export { errorName, outcome } from './instrumentation/ready-made.js';
export { PrometheusRecorder } from './prometheus/prometheus-recorder.js';
export type { PrometheusRecorderOptions } from './prometheus/recorder-options.js';
export { AbstractRecorder, type RecorderOptions } from './recorder/abstract-recorder.js';
export {
  type AnyClass,
  attachRecorder,
  type InstanceObserver,
  instanceObserver,
  openFamilies,
  setDefaultRecorder,
} from './recorder/attach.js';
export type {
  CounterHandle,
  GaugeHandle,
  HistogramHandle,
  ObservationOptions,
} from './recorder/handles.js';
export {
  type ExemplarLabels,
  type FamilyRecorder,
  MetricsRecorder,
  type SeriesId,
} from './recorder/metrics-recorder.js';
export { NoopRecorder } from './recorder/noop-recorder.js';
export type { Advice } from './recorder/reports.js';
export type { FamilyCardinality, LabelCardinality } from './store/cardinality.js';
export type { Explanation, FamilyState } from './store/explain.js';
export type {
  ConstantLabels,
  Exemplar,
  ExposedFamily,
  ExposedType,
  ExpositionFormat,
  HistogramView,
  NativeBuckets,
  NativeHistogramView,
  SampleWriter,
  Scrapable,
  ScrapeLimits,
  SummaryView,
  UpperBound,
} from './store/exposed-family.js';
export type { MetricStore, StoreOptions } from './store/metric-store.js';
export type { NativeSpan, SpannedBuckets } from './store/native-spans.js';
export type { FamilySnapshot, NativeHistogramSnapshot, SampleSnapshot } from './store/snapshot.js';
