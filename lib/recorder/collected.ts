import { shown } from '../error.js';
import type { Family, GaugeFamily } from '../families/family.js';
import type { Policies } from '../families/label-policy.js';
import type { Collected, MetricsRecorder } from './metrics-recorder.js';

/** Every label set that a collector has given, with its value. */
type Listed = Exclude<Collected, number>;

/** What a collector has given, as a list, every entry read. Throws where it is neither that nor a number. */
export function listed(collected: Collected): Listed {
  if (typeof collected === 'number') return [{ labels: {}, value: collected }];
  if (Array.isArray(collected)) return Array.from(collected, entry);
  throw new TypeError(`it gives neither a number nor a list of { labels, value } but ${shown(collected)}`);
}

// Why read here: an entry that is none must cost no more than this metric.
function entry(given: Listed[number] | null | undefined): Listed[number] {
  if (given === null || given === undefined) throw new TypeError(`it gives a list with ${given} in it`);
  const { labels, value } = given;
  return { labels, value };
}

/** Sets a gauge to what a collector has given; what cannot be recorded is dropped and counted. */
export function setAll(recorder: MetricsRecorder, family: Family, values: Listed): void {
  const gauge = recorder.gauge(family as GaugeFamily<Policies>);
  for (const { labels, value } of values) gauge.set(labels as never, value);
}
