import type { ServerResponse } from 'node:http';
import type { Family } from '../families/family.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';

/** The families of a recorder that record a response, and who claimed it before. */
interface Claim {
  readonly recorder: MetricsRecorder;
  readonly families: ReadonlySet<Family>;
  readonly earlier: Claim | undefined;
}

// Why on the response: a WeakMap with an entry for each request costs more than all other measuring of it.
const claim = Symbol('flowplane-metrics.claim');

/**
 * Claims families for a response: gives those that do not record it yet.
 *
 * Why: middleware may be used twice, by an application and by a router in it, or under two conventions, whose families have
 * names in common. Each family must count a request once.
 */
export function claimFamilies(
  recorder: MetricsRecorder,
  response: ServerResponse & { [claim]?: Claim },
  families: ReadonlySet<Family>,
): ReadonlySet<Family> {
  const earlier = response[claim];
  const rest = earlier === undefined ? families : withoutClaimed(families, recorder, earlier);
  response[claim] = { recorder, families: rest, earlier };
  return rest;
}

function withoutClaimed(families: ReadonlySet<Family>, recorder: MetricsRecorder, latest: Claim): ReadonlySet<Family> {
  const names = new Set<string>();
  for (let one: Claim | undefined = latest; one !== undefined; one = one.earlier) {
    if (one.recorder === recorder) for (const { name } of one.families) names.add(name);
  }
  return new Set([...families].filter(({ name }) => !names.has(name)));
}
