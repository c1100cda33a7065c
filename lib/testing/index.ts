export type { MemorySeries } from './memory-family.js';
export { type Drop, type Labels, MemoryRecorder } from './memory-recorder.js';
