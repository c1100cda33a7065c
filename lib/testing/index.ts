export { type Drop, MemoryRecorder } from './memory-recorder.js';
export type { ReadableMetrics, Sample, SampleLabels } from './samples.js';
