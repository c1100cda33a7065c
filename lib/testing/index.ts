export { type Drop, MemoryRecorder } from './memory-recorder.js';
export type { ReadableMetrics, Sample as Reading, SampleLabels as Labels } from './samples.js';
