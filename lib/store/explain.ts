import type { DropReason } from '../error.js';
import type { Declaration } from '../families/declared-instruments.js';
import { processState } from '../process-state.js';
import type { SeriesRecorder } from './series-recorders.js';

const { notRecorded } = processState;

/**
 * What became of a declared family in one recorder. `not wired`: there was no recorder where its methods were called, or no
 * instance of their class has this one.
 */
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

/** Explains each family that is declared in the process or opened in this recorder. */
export function explainFamilies(
  instruments: readonly Declaration[],
  recorders: ReadonlyMap<string, SeriesRecorder>,
  dropped: ReadonlyMap<string, ReadonlyMap<DropReason, number>>,
): Explanation[] {
  const names = new Set([...recorders.keys(), ...instruments.map(({ family }) => family.name)]);
  return [...names].map((name) => {
    const reasons = [...(dropped.get(name)?.keys() ?? [])];
    const sites = instruments.filter(({ family }) => family.name === name).map(({ site }) => site);
    const isMissed = instruments.some((one) => one.family.name === name && notRecorded.has(one));
    return { name, state: stateOf(recorders.get(name), reasons, isMissed), reasons, sites };
  });
}

function stateOf(recorder: SeriesRecorder | undefined, reasons: readonly DropReason[], isMissed: boolean): FamilyState {
  if (recorder !== undefined && wasObserved(recorder)) return 'observed';
  if (reasons.length > 0) return 'all dropped';
  return recorder === undefined || isMissed ? 'not wired' : 'no call yet';
}

/** Whether there are more series than the initial ones, or one of these has moved. */
function wasObserved(recorder: SeriesRecorder): boolean {
  const { series } = recorder;
  if (recorder.wasTouched) return true;
  if (series.size > series.initialSize) return true;
  let hasMoved = false;
  series.visit({
    label: () => undefined,
    series: (id) => {
      hasMoved ||= recorder.hasMoved(id);
    },
  });
  return hasMoved;
}
