import type { Family, GaugeFamily } from '../definition/family.js';
import type { Policies } from '../definition/label-policy.js';
import { shown } from '../error.js';
import type { Collected, MetricsRecorder } from './metrics-recorder.js';

/** Every label set that a collector has given, with its value. */
type Listed = Exclude<Collected, number>;

/** What a collector has given, as a list. Throws where it is neither that nor a number. */
export function listed(collected: Collected): Listed {
  if (typeof collected === 'number') return [{ labels: {}, value: collected }];
  if (Array.isArray(collected)) return collected;
  throw new TypeError(`it gives neither a number nor a list of { labels, value } but ${shown(collected)}`);
}

/** Sets a gauge to what a collector has given; what cannot be recorded is dropped and counted. */
export function setAll(recorder: MetricsRecorder, family: Family, values: Listed): void {
  const gauge = recorder.gauge(family as GaugeFamily<Policies>);
  for (const { labels, value } of values) gauge.set(labels as never, value);
}
