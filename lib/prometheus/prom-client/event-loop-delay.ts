import type { ExposedFamily } from '../../store/exposed-family.js';
import { snapshotOf } from '../../store/snapshot.js';

const [least, longest] = ['nodejs_eventloop_lag_min_seconds', 'nodejs_eventloop_lag_max_seconds'] as const;

const isDelay = (name: string): boolean => /^nodejs_eventloop_lag_(?:min|max|mean|stddev|p\d+)_seconds$/.test(name);

/** Whether this metric of a client is needed to know whether the delay of the event loop was measured. */
export const tellsWhetherMeasured = (name: string): boolean => name === least || name === longest;

/**
 * Leaves out the samples of the delay of the event loop where it was not measured since the last scrape.
 *
 * Why: prom-client 14.0 to 15.1.3 and @prometheus-io/client 0.16.1 give what Node says of nothing then: 292 years and `NaN`.
 *
 * @param families what the client gives at one moment, with those that tell whether it was measured.
 */
export function withoutUnmeasured(families: readonly ExposedFamily[]): readonly ExposedFamily[] {
  const valueIn = (wanted: string): number | undefined => {
    const family = families.find(({ name }) => name === wanted);
    return family && snapshotOf(family).samples[0]?.value;
  };
  const [min, max] = [valueIn(least), valueIn(longest)];
  if (min === undefined || max === undefined || min <= max) return families;
  return families.map((family) => (isDelay(family.name) ? { ...family, write: () => [] } : family));
}
