import type { Family } from '../families/family.js';
import type { FamilyHandle } from '../recorder/handles.js';
import type { Collectors } from './collectors.js';
import type { ConstantLabels, ExposedFamily } from './exposed-family.js';

/** What is collected for one scrape. */
export interface ScrapeScope {
  /** How many seconds a collector may take. */
  readonly seconds: number;
  /** Whether the scrape asks for the family of this name. */
  isChosen(name: string): boolean;
}

/** A family of the store, for those who expose it elsewhere too. */
export interface StoredFamily {
  readonly family: Family;
  /** The exposed name, with the recorder's prefix. */
  readonly name: string;
  /** The family as it is exposed now; `undefined` if its collector fails. */
  expose(): Promise<ExposedFamily | undefined>;
  /** Removes every series but the initial ones, which are at 0 again. */
  clear(): void;
  /** Removes the series with these labels. */
  remove(labels: Readonly<Record<string, unknown>>): void;
  /** Records the family by hand. */
  handle(): FamilyHandle;
}

/** Metrics from elsewhere that are exposed beside those of the store, and must share no names with them. */
export interface Companion {
  /** Labels that the samples of the store get too. */
  constantLabels(): ConstantLabels;
  /** @throws MetricsError `family_clash` if a metric from elsewhere has this name. */
  refuseTakenName(name: string, site: string): void;
  /** Observes that the store has a new family. */
  onCreate(stored: StoredFamily): void;
  /** The families that the owner of the other metrics has removed from among them: they are not exposed. */
  removedFamilies(): ReadonlySet<Family>;
  /** The families from elsewhere, computed by these collectors. */
  exposedFamilies(collectors: Collectors, scope: ScrapeScope): Promise<readonly ExposedFamily[]>;
}
