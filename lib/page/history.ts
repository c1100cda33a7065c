import type { ExemplarReading, FamilyReading, Labels, SeriesReading } from './reading.js';

/** A family at one time. */
export interface TimedReading {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly family: FamilyReading;
}

/** How far back a graph goes, in seconds. */
export const keptSeconds = 900;
/** Rates and percentiles are those of so many seconds. */
export const windowSeconds = 10;
/** How many numbers of one family are kept for graphs that are chosen later. */
const maxKeptNumbers = 1_000_000;

interface Known {
  readonly key: string;
  readonly labels: Labels;
}

const noExemplars: readonly ExemplarReading[] = [];

/** The readings of one family, the oldest first. */
export class History {
  readonly #readings: TimedReading[] = [];
  #numbers = 0;
  /** The keys and labels of the series of the latest reading. */
  #known: ReadonlyMap<string, Known> = new Map();

  get readings(): readonly TimedReading[] {
    return this.#readings;
  }

  get latest(): TimedReading | undefined {
    return this.#readings.at(-1);
  }

  add({ time, family }: TimedReading): void {
    const reading = { time, family: this.#share(family) };
    this.#readings.push(reading);
    this.#numbers += countNumbers(reading);
    while (this.#readings.length > 2 && this.#isTooMuch(reading.time)) {
      this.#numbers -= countNumbers(this.#readings.shift() as TimedReading);
    }
  }

  clear(): void {
    this.#readings.length = 0;
    this.#numbers = 0;
    this.#known = new Map();
  }

  /** The reading with which one is compared: the oldest of the window before it, but none from before a pause. */
  findBefore(index: number, maxGapSeconds: number): TimedReading | undefined {
    const start = (this.#readings[index] as TimedReading).time - windowSeconds;
    let found: TimedReading | undefined;
    for (let i = index - 1; i >= 0; i--) {
      const [one, next] = [this.#readings[i], this.#readings[i + 1]] as [TimedReading, TimedReading];
      if (next.time - one.time > maxGapSeconds || (one.time < start && found !== undefined)) break;
      found = one;
    }
    return found;
  }

  /** Why shared with the reading before: the labels of ten thousand series, a hundred times, are half a gigabyte. */
  #share(family: FamilyReading): FamilyReading {
    const known = new Map<string, Known>();
    const shared = new Map<string, SeriesReading>();
    for (const [written, series] of family) {
      const one = this.#known.get(written) ?? { key: written, labels: series.labels };
      known.set(one.key, one);
      const exemplars = series.exemplars.length === 0 ? noExemplars : series.exemplars;
      shared.set(one.key, { ...series, labels: one.labels, exemplars });
    }
    this.#known = known;
    return shared;
  }

  #isTooMuch(now: number): boolean {
    return this.#numbers > maxKeptNumbers || now - (this.#readings[0] as TimedReading).time > keptSeconds;
  }
}

function countNumbers({ family }: TimedReading): number {
  let numbers = 0;
  for (const { distribution } of family.values()) numbers += 1 + (distribution?.buckets.size ?? 0);
  return numbers;
}
