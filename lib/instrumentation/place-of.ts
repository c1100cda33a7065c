import type { DropReason } from '../error.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import { listValues } from '../recorder/metrics-recorder.js';
import { isPromise } from './completion/plain-promise.js';
import { type Reader, read } from './reader.js';
import { unrecordable } from './unrecordable.js';

/**
 * The place of the series that a call belongs to, by the readers of the family's labels, or the reason why there is none.
 * Throws what a reader throws.
 *
 * Why up to three labels are read one by one: a list of them would be allocated at every call.
 */
export function placeOf(
  family: FamilyRecorder,
  readers: readonly Reader[],
  allowOverflow: boolean,
  self: unknown,
  settled: unknown,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  all: readonly unknown[] | undefined,
): SeriesId | DropReason {
  const labels = readers.length;
  if (labels > 3) return placeOfMany(family, readers, allowOverflow, self, settled, count, a, b, c, all);
  const first = labels > 0 ? read(readers[0] as Reader, self, settled, count, a, b, c, all) : undefined;
  const second = labels > 1 ? read(readers[1] as Reader, self, settled, count, a, b, c, all) : undefined;
  const third = labels > 2 ? read(readers[2] as Reader, self, settled, count, a, b, c, all) : undefined;
  return family.lookup(first, second, third) ?? unseen(family, labels, first, second, third, allowOverflow);
}

// Why apart: what a closure captures is allocated at every call of the function around it.
function placeOfMany(
  family: FamilyRecorder,
  readers: readonly Reader[],
  allowOverflow: boolean,
  self: unknown,
  settled: unknown,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  all: readonly unknown[] | undefined,
): SeriesId | DropReason {
  const values = readers.map((reader) => read(reader, self, settled, count, a, b, c, all));
  return placed(family, values, allowOverflow);
}

function unseen(
  family: FamilyRecorder,
  labels: number,
  first: unknown,
  second: unknown,
  third: unknown,
  allowOverflow: boolean,
): SeriesId | DropReason {
  return placed(family, listValues(labels, first, second, third), allowOverflow);
}

function placed(family: FamilyRecorder, values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
  const place = family.getOrCreate(values, allowOverflow);
  const promise = place === 'label_type' ? values.find(isPromise) : undefined;
  if (promise !== undefined) throw unrecordable(promise);
  return place;
}
