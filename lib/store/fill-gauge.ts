import { Slices } from '../async/slices.js';
import type { DropReason } from '../error.js';
import { FamilyHandle, listCollected, readEntry } from '../recorder/handles.js';
import type { Collector, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { createSeriesRecorder, type SeriesRecorder } from './series-recorders.js';

/** What filling a gauge needs of its store. */
interface Filling {
  /** Whether the values may be used: not where newer ones are there already. */
  claim(): boolean;
  readonly dropped: MetricsRecorder['dropped'];
  /** Counts more observations that were dropped for a reason that `dropped` knows already. */
  countDrops(reason: DropReason, drops: number): void;
}

/**
 * Replaces the series of a gauge by what its collector gives. They are prepared in slices, however many there are, and all
 * change at once: a scrape never sees a part of them.
 */
export async function fillGauge({ series }: SeriesRecorder, collector: Collector, filling: Filling): Promise<true> {
  const entries = listCollected(await collector());
  const slices = new Slices();
  const { family, options } = series;
  const sampleLimit = options.sampleLimit?.forReplacement(series.size * series.samplesPerSeries);
  const prepared = createSeriesRecorder({ ...family, initial: [] }, { ...options, sampleLimit });
  const drops = new Drops(filling);
  const gauge = new FamilyHandle({ open: () => prepared, dropped: drops.add, collect: () => undefined }, family);
  let isUsed = false;
  try {
    for (const entry of entries) {
      const { labels, value } = readEntry(entry);
      gauge.set(labels as Readonly<Record<string, unknown>>, value);
      if (slices.isOver) await slices.pause();
    }
    isUsed = filling.claim();
  } finally {
    drops.count();
    sampleLimit?.end();
    // Why in the same turn as the claim: no other values may get in between.
    if (isUsed) series.replaceBy(prepared.series);
    else prepared.series.discard();
  }
  return true;
}

/** Passes on the first drop for each reason, and counts the others together: there may be a million of them. */
class Drops {
  readonly #filling: Filling;
  readonly #more = new Map<DropReason, number>();

  constructor(filling: Filling) {
    this.#filling = filling;
  }

  readonly add: MetricsRecorder['dropped'] = (family, reason, site, cause) => {
    const before = this.#more.get(reason);
    this.#more.set(reason, before === undefined ? 0 : before + 1);
    if (before === undefined) this.#filling.dropped(family, reason, site, cause);
  };

  count(): void {
    for (const [reason, drops] of this.#more) if (drops > 0) this.#filling.countDrops(reason, drops);
  }
}
