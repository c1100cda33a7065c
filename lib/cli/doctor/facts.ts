import type { Answer, Place } from './ask.js';
import type { Exposed } from './exposition-text.js';

/** What the user said about the patient. */
export interface DoctorOptions {
  readonly metrics: Place;
  readonly prometheus: Place | undefined;
  readonly grafana: Place | undefined;
  /** The job of the scrape_config. */
  readonly job: string;
  /** Families that must be there. */
  readonly families: readonly string[];
  /** Seconds between the two scrapes that are compared. */
  readonly wait: number;
  /** More series than this in one family are a problem. */
  readonly maxSeries: number;
}

/** What the steps have learnt. */
export interface Facts {
  readonly options: DoctorOptions;
  answer?: Answer;
  scraped?: ReadonlyMap<string, Exposed>;
  /** Clocks that were seen, by whose they are: seconds ahead of ours. */
  readonly clocks: Map<string, number>;
}

/** Families of the application itself, not of its runtime or of this library. */
export const applicationFamilies = (scraped: ReadonlyMap<string, Exposed>): Exposed[] =>
  [...scraped.values()].filter(({ name }) => !/^(?:process|nodejs|flowplane_metrics)_/.test(name));
