import { PrometheusRecorder } from 'flowplane-metrics';

// Next puts this file into several bundles, which share what stands on globalThis.
const shared = globalThis as { recorder?: PrometheusRecorder };

shared.recorder ??= new PrometheusRecorder();
export const recorder = shared.recorder;
