import type { DropReason } from '../error.js';
import type { Declaration } from '../families/declared-instruments.js';
import type { SeriesRecorder } from './series-recorder.js';

/** What became of a declared family in one recorder. */
export type FamilyState = 'observed' | 'no call yet' | 'not wired' | 'all dropped';

/** What became of one declared family, and why. */
export interface Explanation {
  readonly name: string;
  readonly state: FamilyState;
  /** Why observations were dropped, if any were. */
  readonly reasons: readonly DropReason[];
  /** The annotated methods that feed it, e.g. `@Gauge on ClusterService.list`. */
  readonly sites: readonly string[];
}

/** Explains the families that were declared anywhere in the process or opened in this recorder, by name. */
export function explained(
  instruments: readonly Declaration[],
  families: ReadonlyMap<string, SeriesRecorder>,
  dropped: ReadonlyMap<string, ReadonlySet<DropReason>>,
): Explanation[] {
  const names = new Set([...families.keys(), ...instruments.map(({ family }) => family.name)]);
  return [...names].map((name) => {
    const reasons = [...(dropped.get(name) ?? [])];
    const sites = instruments.filter(({ family }) => family.name === name).map(({ site }) => site);
    return { name, state: stateOf(families.get(name), reasons), reasons, sites };
  });
}

function stateOf(recorder: SeriesRecorder | undefined, reasons: readonly DropReason[]): FamilyState {
  if (recorder !== undefined && wasObserved(recorder)) return 'observed';
  if (reasons.length > 0) return 'all dropped';
  return recorder === undefined ? 'not wired' : 'no call yet';
}

/** Whether there are more series than the initial ones, or one of these has moved. */
function wasObserved(recorder: SeriesRecorder): boolean {
  if (recorder.size > recorder.initial) return true;
  let moved = false;
  recorder.visit({
    label: () => undefined,
    series: (place) => {
      moved ||= recorder.hasMoved(place);
    },
  });
  return moved;
}
