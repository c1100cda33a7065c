import type { ServerResponse } from 'node:http';
import type { Family } from '../families/family.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';

/** The families of a recorder that record a response. */
interface Claim {
  readonly recorder: MetricsRecorder;
  readonly families: ReadonlySet<Family>;
}

const claim = Symbol('flowplane-metrics.claim');

/** A listener for the end of a response that records it, with what it records. */
type ClaimingListener = (() => void) & { [claim]?: Claim };

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
  for (const listener of response.listeners('finish')) {
    const earlier = (listener as ClaimingListener)[claim];
    if (earlier?.recorder !== recorder) continue;
    names ??= new Set();
    for (const { name } of earlier.families) names.add(name);
  }
  return names === undefined ? families : new Set([...families].filter(({ name }) => !names.has(name)));
}

/**
 * Claims families for the response that has this listener for its `finish`.
 *
 * Why on the listener: Express changes the prototype of each response, and V8 before Node 24 then copies the hidden class for
 * every property that the response gets. That costs more than all other measuring of a request, and so does a WeakMap with an
 * entry for each response.
 */
export function claimFamilies(listener: () => void, recorder: MetricsRecorder, families: ReadonlySet<Family>): void {
  (listener as ClaimingListener)[claim] = { recorder, families };
}
