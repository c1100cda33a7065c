export { type Drop, MemoryRecorder } from './memory-recorder.js';
export type { ReadableMetrics as Readings, Sample as Reading, SampleLabels as Labels } from './readings.js';
