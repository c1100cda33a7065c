import type { ExposedSample } from './exposition-text.js';
import { increase, keyOf, type Labels, type Series, type Vector } from './vector.js';

interface Moving {
  readonly labels: Labels;
  value: number;
  readonly points: [time: number, value: number][];
}

/** What Prometheus ought to know: numbers that are predicted from the traffic, and, for durations, those that were seen. */
export class Model {
  readonly #families = new Map<string, Map<string, Moving>>();
  readonly #target: Labels;

  /** The labels that Prometheus adds to what it scrapes. */
  constructor(target: Labels) {
    this.#target = target;
  }

  add(name: string, labels: Labels, by = 1): void {
    this.#moving(name, labels).value += by;
  }

  set(name: string, labels: Labels, value: number): void {
    this.#moving(name, labels).value = value;
  }

  value(name: string, labels: Labels): number {
    return this.#moving(name, labels).value;
  }

  /** The sum of all series of a family. */
  total(name: string): number {
    return [...(this.#families.get(name)?.values() ?? [])].reduce((sum, { value }) => sum + value, 0);
  }

  /** Takes over what was scraped, of families that no traffic predicts. */
  observe(samples: readonly ExposedSample[], predicted: (name: string) => boolean): void {
    for (const { name, labels, value } of samples) if (!predicted(name)) this.set(name, labels, value);
  }

  /** A scrape at this time. */
  scrape(time: number): void {
    for (const family of this.#families.values()) {
      for (const { points, value } of family.values()) points.push([time, value]);
    }
  }

  /** What was known at this time. */
  at(time: number): Past {
    return new Past((name) => [...(this.#families.get(name)?.values() ?? [])], time);
  }

  #moving(name: string, labels: Labels): Moving {
    const family = this.#families.get(name) ?? new Map<string, Moving>();
    this.#families.set(name, family);
    const moving = family.get(keyOf(labels)) ?? { labels: { ...labels, ...this.#target }, value: 0, points: [] };
    family.set(keyOf(labels), moving);
    return moving;
  }
}

/** What PromQL's selectors and range functions give at one time. */
export class Past {
  readonly #series: (name: string) => readonly Series[];
  readonly #now: number;

  constructor(series: (name: string) => readonly Series[], now: number) {
    this.#series = series;
    this.#now = now;
  }

  instant(name: string): Vector {
    return this.#series(name).map(({ labels, points }) => {
      const last = points.findLast(([time]) => time <= this.#now);
      return { labels, value: last?.[1] ?? Number.NaN };
    });
  }

  increase(name: string, seconds: number): Vector {
    return this.#series(name).flatMap((series) => increase(series, this.#now - seconds, this.#now));
  }

  rate(name: string, seconds: number): Vector {
    return this.increase(name, seconds).map(({ labels, value }) => ({ labels, value: value / seconds }));
  }
}
