import type { Family } from '../families/family.js';
import type { Collectors } from './collectors.js';
import type { ConstantLabels, ExposedFamily } from './exposed-family.js';

/** A family of the store, for those who expose it elsewhere too. */
export interface StoredFamily {
  readonly family: Family;
  /** The exposed name, with the recorder's prefix. */
  readonly name: string;
  /** The family as it is exposed now; `undefined` if its collector fails. */
  expose(): Promise<ExposedFamily | undefined>;
  /** Removes every series but the initial ones, which are at 0 again. */
  clear(): void;
}

/** Metrics from elsewhere that are exposed beside those of the store, and must share no names with them. */
export interface Companion {
  /** Labels that the samples of the store get too. */
  constantLabels(): ConstantLabels;
  /** @throws MetricsError `family_clash` if a metric from elsewhere has this name. */
  refuseTakenName(name: string, site: string): void;
  /** Observes that the store has a new family. */
  onCreate(stored: StoredFamily): void;
  /** The families from elsewhere. They are computed by `collectors`, each within this many seconds. */
  exposedFamilies(collectors: Collectors, seconds: number): Promise<readonly ExposedFamily[]>;
}
