import type { ExposedSample } from './exposition-text.js';
import { increase, type Labels, labelKey, type Series, type Vector } from './vector.js';

interface MutableSeries {
  readonly labels: Labels;
  value: number;
  readonly points: [time: number, value: number][];
}

/** The values that Prometheus must have: predicted from the traffic, and for durations taken from the scrapes. */
export class Model {
  readonly #families = new Map<string, Map<string, MutableSeries>>();
  readonly #target: Labels;

  /** @param target The labels that Prometheus adds to each series. */
  constructor(target: Labels) {
    this.#target = target;
  }

  add(name: string, labels: Labels, by = 1): void {
    this.#seriesOf(name, labels).value += by;
  }

  set(name: string, labels: Labels, value: number): void {
    this.#seriesOf(name, labels).value = value;
  }

  value(name: string, labels: Labels): number {
    return this.#seriesOf(name, labels).value;
  }

  /** The sum of all series of a family. */
  total(name: string): number {
    return [...(this.#families.get(name)?.values() ?? [])].reduce((sum, { value }) => sum + value, 0);
  }

  /** Takes the values of a scrape for the families that the traffic does not predict. */
  observe(samples: readonly ExposedSample[], predicted: (name: string) => boolean): void {
    for (const { name, labels, value } of samples) if (!predicted(name)) this.set(name, labels, value);
  }

  /** Adds a point at this time to every series. */
  scrape(time: number): void {
    for (const family of this.#families.values()) {
      for (const { points, value } of family.values()) points.push([time, value]);
    }
  }

  /** The model as PromQL sees it at this time. */
  at(time: number): ModelAtTime {
    return new ModelAtTime((name) => [...(this.#families.get(name)?.values() ?? [])], time);
  }

  #seriesOf(name: string, labels: Labels): MutableSeries {
    const family = this.#families.get(name) ?? new Map<string, MutableSeries>();
    this.#families.set(name, family);
    const series = family.get(labelKey(labels)) ?? { labels: { ...labels, ...this.#target }, value: 0, points: [] };
    family.set(labelKey(labels), series);
    return series;
  }
}

/** PromQL's selectors and range functions, evaluated at one time. */
export class ModelAtTime {
  readonly #findSeries: (name: string) => readonly Series[];
  readonly #now: number;

  constructor(findSeries: (name: string) => readonly Series[], now: number) {
    this.#findSeries = findSeries;
    this.#now = now;
  }

  instant(name: string): Vector {
    return this.#findSeries(name).map(({ labels, points }) => {
      const last = points.findLast(([time]) => time <= this.#now);
      return { labels, value: last?.[1] ?? Number.NaN };
    });
  }

  increase(name: string, seconds: number): Vector {
    return this.#findSeries(name).flatMap((series) => increase(series, this.#now - seconds, this.#now));
  }

  rate(name: string, seconds: number): Vector {
    return this.increase(name, seconds).map(({ labels, value }) => ({ labels, value: value / seconds }));
  }
}
