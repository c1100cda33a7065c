export type { PlainDuration } from '../promql/duration.js';
export { type AlertExpectation, type AlertOptions, expectAlert } from './expect-alert.js';
export { type Drop, MemoryRecorder } from './memory-recorder.js';
export { type RecordedSeries, type RecordingOptions, recordSeries, type SeriesInput } from './record-series.js';
export type { ReadableMetrics, Sample, SampleLabels } from './samples.js';
