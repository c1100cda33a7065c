export { type Drop, MemoryRecorder } from './memory-recorder.js';
export type { Labels, Reading, Readings } from './readings.js';
