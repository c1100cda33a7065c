/** A rule that records what an expression gives, under a name of its own. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** A rule that fires for each series that an expression gives. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold, such as `5m`. */
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Rules that Prometheus evaluates in their order. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}
