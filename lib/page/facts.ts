/** The family that has the age of each process or thread that publishes to the one that serves. */
export const sourceAges = 'flowplane_metrics_source_age_seconds';

/**
 * What only the recorder of a service knows of a family, as plain data: it can be sent to another thread, and the script of
 * the page reads it as JSON.
 */
export interface FamilyFacts {
  /** The exposed name. */
  readonly name: string;
  /**
   * Whether it was observed, and if not, why not: `observed`, `no call yet`, `not wired`, `all dropped`. Absent where other
   * processes may have observed it.
   */
  readonly state?: string;
  /** Why observations were dropped, if any were. */
  readonly reasons: readonly string[];
  /** The annotated methods that feed it, e.g. `@Gauge on ClusterService.list`. */
  readonly sites: readonly string[];
  /** How many series it has; absent where it is not open in the recorder. */
  readonly series?: number;
  /** How many series it may have. */
  readonly seriesLimit?: number;
  /** The label with the most values first. */
  readonly labels: readonly LabelFacts[];
  readonly objective?: ObjectiveFacts;
}

/** What is known of a label. */
export interface LabelFacts {
  readonly name: string;
  /** How many different values its series have; absent where other processes have series too. */
  readonly values?: number;
  /** How many values it may have, if there is a bound of its own. */
  readonly limit?: number;
}

/** Which part of the events must be good. */
export interface ObjectiveFacts {
  readonly ratio: number;
  readonly days: number;
  /** The label values of an error, of a counter. */
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  /** The bound of a good observation, of a histogram. */
  readonly under?: number;
}

/** What changes of all that while the service runs, in few bytes: the page asks for it again and again. */
export interface FactsSummary {
  /** How many series each family has, by its name. */
  readonly series: Readonly<Record<string, number>>;
  readonly silent: readonly SilentFamily[];
  /** The labels with the most values. */
  readonly widest: readonly WideLabel[];
}

/** A declared family that nothing was observed of. */
export interface SilentFamily {
  readonly name: string;
  readonly why: string;
  readonly sites: readonly string[];
}

/** A label, and how many values it has. */
export interface WideLabel {
  readonly family: string;
  readonly label: string;
  readonly values: number;
  readonly limit?: number;
}
