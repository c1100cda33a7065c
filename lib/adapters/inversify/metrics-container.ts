import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import type { MiddlewareContainer } from './observe-via-middleware.js';
import type { PluginContainer } from './observe-via-plugin.js';

/** The part of an inversify `Container` that is used, by shape: 7 and 8 take plugins, 6 takes middleware. */
export type MetricsContainer = {
  isBound(identifier: typeof MetricsRecorder): boolean;
  get(identifier: typeof MetricsRecorder): MetricsRecorder;
  bind(identifier: typeof MetricsRecorder): { toConstantValue(value: MetricsRecorder): unknown };
} & (PluginContainer | MiddlewareContainer);
