import type { ServerResponse } from 'node:http';
import type { Family } from '../families/family.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import { trackersOf } from './response-tracker.js';

/**
 * The families that nobody records for this response yet.
 *
 * Why: middleware may be used twice, by an application and by a router in it, or under two conventions, whose families have
 * names in common. Each family must count a request once.
 */
export function unclaimedFamilies(
  recorder: MetricsRecorder,
  response: ServerResponse,
  families: ReadonlySet<Family>,
): ReadonlySet<Family> {
  let names: Set<string> | undefined;
  for (const { claim } of trackersOf(response)) {
    if (claim?.recorder !== recorder) continue;
    names ??= new Set();
    for (const { name } of claim.families) names.add(name);
  }
  return names === undefined ? families : new Set([...families].filter(({ name }) => !names.has(name)));
}
