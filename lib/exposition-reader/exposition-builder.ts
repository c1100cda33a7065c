import { canonicalFloat } from '../store/go-float.js';
import {
  type Consumer,
  type Effect,
  type ExposedFamily,
  type ExposedSample,
  type Exposition,
  type Objection,
  prometheus,
} from './exposition.js';
import { keyOfLabels } from './label-key.js';
import { parseGoFloat } from './parse-go-float.js';

/** The name endings of a sample that belongs to the family of this type, whose name is the rest. */
export type Suffixes = Readonly<Record<string, RegExp>>;

interface Found {
  readonly at: number;
  readonly what: string;
  readonly by: readonly Consumer[];
  readonly effect: Effect;
  others: number;
}

/** A series that has a sample already. */
interface KnownSeries {
  /** The time of its latest sample. */
  time: number;
  /** How its bound is spelled. */
  readonly bounds: string[];
}

/** What one reader is told beside the text. */
export interface BuilderOptions {
  /** The moment of the scrape in milliseconds, which is the time of each sample that has no other. */
  readonly now: number;
  /** Whether the answer says that its names are quoted: then only a consumer gets it that can read that. */
  readonly isQuoting: boolean;
}

const minute = 60_000;
/** Prometheus takes no sample that is older or newer than this, counted from its newest one. */
const oldest = 60 * minute;
const newest = 10 * minute;

/** Collects what a reader finds in one exposition: families, samples, objections. */
export class ExpositionBuilder {
  readonly #families = new Map<string, ExposedFamily>();
  readonly #familyOfSample = new Map<string, ExposedFamily>();
  readonly #found = new Map<string, Found>();
  readonly #series = new Map<string, KnownSeries>();
  #samples = 0;
  /** The latest type that was declared: Prometheus 3 takes it for the type of each sample below it. */
  #latestType = '';

  constructor(
    readonly text: string,
    readonly suffixes: Suffixes,
    readonly options: BuilderOptions,
  ) {}

  object(at: number, what: string, by: readonly Consumer[], effect: Effect = 'refuse'): void {
    const key = `${what}\n${by.join()}`;
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { at, what, by, effect, others: 0 });
    else known.others++;
  }

  declare(name: string, type: string): void {
    this.#latestType = type;
    const known = this.#families.get(name);
    if (known !== undefined) known.type = type;
    else this.#families.set(name, { name, type, samples: [], bytes: 0 });
    this.#familyOfSample.clear();
  }

  /** Adds a sample that stands from `start` to `end`. */
  add(sample: ExposedSample, start: number, end: number): void {
    this.#samples++;
    const family = this.#familyOf(sample.name);
    family.samples.push(sample);
    family.bytes += end - start + 1;
    this.#checkTime(sample, start);
  }

  finish(format: Exposition['format']): Exposition {
    const found = [...this.#found.values()].sort((a, b) => a.at - b.at);
    return {
      format,
      families: this.#families,
      samples: this.#samples,
      objections: found.map((one) => this.#locate(one)),
    };
  }

  #familyOf(sample: string): ExposedFamily {
    let family = this.#familyOfSample.get(sample);
    if (family === undefined) {
      family = this.#families.get(sample) ?? this.#familyBySuffix(sample) ?? this.#undeclared(sample);
      this.#familyOfSample.set(sample, family);
    }
    return family;
  }

  #familyBySuffix(sample: string): ExposedFamily | undefined {
    const cut = sample.lastIndexOf('_');
    const family = this.#families.get(sample.slice(0, cut));
    return family !== undefined && this.suffixes[family.type]?.test(sample.slice(cut)) ? family : undefined;
  }

  #undeclared(name: string): ExposedFamily {
    const family = { name, type: 'untyped', samples: [], bytes: 0 };
    this.#families.set(name, family);
    return family;
  }

  /** Finds what Prometheus loses although it reads the line. */
  #checkTime({ name, labels, timestamp }: ExposedSample, at: number): void {
    const { now } = this.options;
    const time = timestamp ?? now;
    if (time < now - oldest || time > now + newest) {
      this.object(at, 'the timestamp is more than an hour old, or more than ten minutes ahead', prometheus, 'lose');
      return;
    }
    const boundLabel = boundOf[this.#latestType];
    // Why both: below another type the same label is a text like any other.
    const bound = `${labels['le'] ?? ''} ${labels['quantile'] ?? ''}`;
    // Why by its number: Prometheus 3 writes each bound in one way, so that le="1" and le="1.0" are one series.
    const key = `${name}{${keyOfLabels(labels, (label, value) => (label === boundLabel ? spellBound(value) : value))}`;
    const before = this.#series.get(key);
    if (before === undefined) {
      this.#series.set(key, { time, bounds: [bound] });
      return;
    }
    const isSpelledAnew = !before.bounds.includes(bound);
    if (isSpelledAnew) before.bounds.push(bound);
    if (time > before.time) {
      before.time = time;
      if (timestamp !== undefined) return;
      this.object(at, 'the series stands above already, with an older timestamp', ['Prometheus 3'], 'lose');
    } else if (isSpelledAnew) {
      this.object(at, 'the series stands above already, with another spelling of its bound', ['Prometheus 3'], 'lose');
    } else this.object(at, 'the series stands here a second time', prometheus, 'lose');
  }

  #locate({ at, what, by, effect, others }: Found): Objection {
    let line = 1;
    let start = 0;
    for (let end = this.text.indexOf('\n'); end !== -1 && end < at; end = this.text.indexOf('\n', start)) {
      line++;
      start = end + 1;
    }
    const end = this.text.indexOf('\n', start);
    const whole = this.text.slice(start, end === -1 ? undefined : end);
    return { line, column: at - start + 1, what, excerpt: shorten(whole), by, effect, others };
  }
}

/** The label that bounds a sample of this type. */
const boundOf: Readonly<Record<string, string>> = { histogram: 'le', summary: 'quantile' };

function spellBound(written: string): string {
  const bound = parseGoFloat(written);
  return bound === undefined ? written : canonicalFloat(bound);
}

const shorten = (line: string): string => (line.length > 80 ? `${line.slice(0, 79)}…` : line);
