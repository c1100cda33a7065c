import type { SampleWriter } from '../../store/exposed-family.js';

/** How late the event loop was since it was asked last: what a histogram of `monitorEventLoopDelay` says, in nanoseconds. */
export interface DelayHistogram {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  percentile(percentile: number): number;
  reset(): void;
}

/** What the histogram said before it was reset, in nanoseconds. */
export interface EventLoopDelay
  extends Readonly<Record<'min' | 'max' | 'mean' | 'stddev' | 'p50' | 'p90' | 'p99', number>> {}

/** Reads how late the event loop was, and begins anew; `undefined` where nothing was measured since the last time. */
export function readDelay(histogram: DelayHistogram): EventLoopDelay | undefined {
  const { min, max, mean, stddev } = histogram;
  // Why: the numbers of nothing are 292 years and `NaN`.
  if (min > max) return undefined;
  const [p50, p90, p99] = [50, 90, 99].map((percentile) => histogram.percentile(percentile)) as [
    number,
    number,
    number,
  ];
  histogram.reset();
  return { min, max, mean, stddev, p50, p90, p99 };
}

/** How many there are of what keeps the event loop running, and of each type. */
export interface Listed {
  readonly count: number;
  readonly byType: Readonly<Record<string, number>>;
}

/** The garbage collections of one kind. */
export interface Collections {
  /** How many took at most so many seconds as each of `collectionBounds`, and more than the one before. */
  readonly counts: number[];
  seconds: number;
}

/** What the metrics of the process say of the main thread, at one moment. */
export interface MainNumbers {
  /** How long an immediate callback had to wait when the numbers before were read, in seconds. */
  readonly lag: number;
  /** Absent where nothing was measured, and where the metrics thread reads it itself. */
  readonly delay: EventLoopDelay | undefined;
  readonly heap: Readonly<Record<'total_heap_size' | 'used_heap_size' | 'external_memory', number>>;
  readonly spaces: readonly HeapSpace[];
  /** Each is absent where Node does not tell. */
  readonly resources: Listed | undefined;
  readonly handles: Listed | undefined;
  readonly requests: Listed | undefined;
  readonly collections: Readonly<Record<string, Collections>>;
}

/** A part of the heap, in bytes. */
export interface HeapSpace extends Readonly<Record<'space_size' | 'space_used_size' | 'space_available_size', number>> {
  readonly space_name: string;
}

/** The upper bounds of the durations of garbage collections, in seconds: those of prom-client. */
export const collectionBounds: readonly number[] = [0.001, 0.01, 0.1, 1, 2, 5, Number.POSITIVE_INFINITY];

type WriteNumbers = (numbers: MainNumbers, samples: SampleWriter) => void;

const one =
  (read: (numbers: MainNumbers) => number | undefined): WriteNumbers =>
  (numbers, samples) => {
    const value = read(numbers);
    if (value !== undefined) samples.value(0, value);
  };

const delay = (of: keyof EventLoopDelay): WriteNumbers => one((numbers) => numbers.delay && numbers.delay[of] / 1e9);

const bySpace =
  (size: Exclude<keyof HeapSpace, 'space_name'>): WriteNumbers =>
  ({ spaces }, samples) => {
    for (const space of spaces) {
      samples.label(0, 'space', space.space_name.replace(/_space$/, ''));
      samples.value(1, space[size]);
    }
  };

type ListedName = 'resources' | 'handles' | 'requests';

const byType =
  (name: ListedName): WriteNumbers =>
  (numbers, samples) => {
    for (const [type, count] of Object.entries(numbers[name]?.byType ?? {})) {
      samples.label(0, 'type', type);
      samples.value(1, count);
    }
  };

const total = (name: ListedName): WriteNumbers => one((numbers) => numbers[name]?.count);

const writeCollections: WriteNumbers = ({ collections }, samples) => {
  for (const [kind, { counts, seconds }] of Object.entries(collections)) {
    let count = 0;
    const cumulativeCounts = counts.map((more) => {
      count += more;
      return count;
    });
    samples.label(0, 'kind', kind);
    samples.histogram(1, {
      upperBounds: collectionBounds,
      cumulativeCounts,
      sum: seconds,
      count,
      createdAt: undefined,
      exemplars: undefined,
      native: undefined,
    });
  }
};

/** What each metric of a client about the main thread is made of, by its name. */
export const mainMetrics: Readonly<Record<string, WriteNumbers>> = {
  nodejs_eventloop_lag_seconds: one(({ lag }) => lag),
  nodejs_eventloop_lag_min_seconds: delay('min'),
  nodejs_eventloop_lag_max_seconds: delay('max'),
  nodejs_eventloop_lag_mean_seconds: delay('mean'),
  nodejs_eventloop_lag_stddev_seconds: delay('stddev'),
  nodejs_eventloop_lag_p50_seconds: delay('p50'),
  nodejs_eventloop_lag_p90_seconds: delay('p90'),
  nodejs_eventloop_lag_p99_seconds: delay('p99'),
  nodejs_active_resources: byType('resources'),
  nodejs_active_resources_total: total('resources'),
  nodejs_active_handles: byType('handles'),
  nodejs_active_handles_total: total('handles'),
  nodejs_active_requests: byType('requests'),
  nodejs_active_requests_total: total('requests'),
  nodejs_heap_size_total_bytes: one(({ heap }) => heap.total_heap_size),
  nodejs_heap_size_used_bytes: one(({ heap }) => heap.used_heap_size),
  nodejs_external_memory_bytes: one(({ heap }) => heap.external_memory),
  nodejs_heap_space_size_total_bytes: bySpace('space_size'),
  nodejs_heap_space_size_used_bytes: bySpace('space_used_size'),
  nodejs_heap_space_size_available_bytes: bySpace('space_available_size'),
  nodejs_gc_duration_seconds: writeCollections,
};
