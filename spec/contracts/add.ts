import type { DropReason, FamilyRecorder } from '../../lib/index.js';

/** Finds the series of these label values and adds to it; gives the reason where there is none. */
export function add(family: FamilyRecorder, values: readonly unknown[], by: number): DropReason | undefined {
  const place = family.getOrCreate(values, true);
  if (typeof place !== 'number') return place;
  family.add(place, by);
  return undefined;
}
