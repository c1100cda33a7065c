/** What a family is in an exposition; `unknown` where a kind cannot be told. */
export type ExposedType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';

/** Takes the samples of one family, in whatever format is being written. */
export interface SampleWriter {
  /** The label at this depth, until the next call at the same or a lesser depth. An empty value is not written. */
  label(depth: number, name: string, value: string): void;
  /**
   * A sample with the labels up to this depth.
   *
   * @param suffix what the sample's name adds to the family's, e.g. `_sum`.
   * @param bound the bound of a bucket or quantile, which the format spells.
   */
  sample(depth: number, suffix: string, value: number, bound?: Bound): void;
  /** When the series with the labels up to this depth was born, in seconds since the epoch, for formats that tell. */
  created(depth: number, seconds: number): void;
}

export interface Bound {
  readonly label: 'le' | 'quantile';
  readonly at: number;
}

/** One family as it is to be exposed. `name` is what its samples are called, `_total` included, in every format. */
export interface ExposedFamily {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  readonly unit?: string | undefined;
  /** Writes every sample. Yields after some hundred of them, so that whoever writes them down can pause. */
  write(samples: SampleWriter): Iterable<void>;
}

/** What a scrape leaves to whoever computes values for it. */
export interface ScrapeLimits {
  /** For so long the scraper waits for the whole answer. */
  readonly timeoutSeconds?: number;
}

/** Labels that every sample of a recorder carries. */
export type ConstantLabels = readonly (readonly [name: string, value: string])[];

/** What can be scraped. */
export interface Scrapable {
  /** The labels that what a server exposes beside these families gets too. Absent: none. */
  constantLabels?(): ConstantLabels;
  /** The families of one scrape, in the order of declaration; no two of them clash. */
  exposedFamilies(limits?: ScrapeLimits): Promise<readonly ExposedFamily[]>;
}
