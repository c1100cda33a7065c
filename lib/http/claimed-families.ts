import type { ServerResponse } from 'node:http';
import type { Family } from '../families/family.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';

/** The names of the families that record a response, by recorder. */
const claimed = new WeakMap<MetricsRecorder, WeakMap<ServerResponse, Set<string>>>();

/**
 * Claims families for a response: gives those that do not record it yet.
 *
 * Why: middleware may be used twice, by an application and by a router in it, or under two conventions, whose families have
 * names in common. Each family must count a request once.
 */
export function claimFamilies(
  recorder: MetricsRecorder,
  response: ServerResponse,
  families: readonly Family[],
): ReadonlySet<Family> {
  const responses = claimed.get(recorder) ?? new WeakMap<ServerResponse, Set<string>>();
  claimed.set(recorder, responses);
  const names = responses.get(response) ?? new Set();
  responses.set(response, names);
  return new Set(families.filter(({ name }) => names.size < names.add(name).size));
}
