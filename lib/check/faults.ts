/** How much a fault matters: an error fails the check, and a remark does not. */
export type Severity = 'error' | 'remark';

interface FaultRules {
  readonly severity: Severity;
  /** What is wrong, in one line, for the reference and for SARIF. */
  readonly summary: string;
}

/** Everything that can be wrong in an expression: one row for each kind of fault. */
export const faultKinds = {
  syntax: { severity: 'error', summary: 'the text is no PromQL' },
  'unknown-name': { severity: 'error', summary: 'no metric, recording rule or external list has this name' },
  'unknown-label': { severity: 'error', summary: 'what stands there has no label of this name' },
  'impossible-matcher': { severity: 'error', summary: 'no value that the label can have satisfies the matchers' },
  'rate-of-gauge': { severity: 'error', summary: 'a function for counters gets a gauge' },
  'quantile-of-no-histogram': {
    severity: 'error',
    summary: 'histogram_quantile() gets neither buckets nor a native histogram',
  },
  'quantile-without-le': {
    severity: 'error',
    summary: 'the label "le" is lost before histogram_quantile() can read it',
  },
  'sides-never-match': { severity: 'error', summary: 'no series of one side has the labels of a series of the other' },
  'counter-compared': { severity: 'error', summary: 'an alert compares the value of a counter with a constant' },
  'bare-counter': { severity: 'remark', summary: 'a counter is shown, or compared, without rate() or increase()' },
  'quantile-beyond-buckets': {
    severity: 'remark',
    summary: 'a quantile is compared with what lies beyond the last bucket',
  },
  'absent-of-present': { severity: 'remark', summary: 'absent() gets what is always there' },
  'short-window': { severity: 'remark', summary: 'the window may hold fewer than two scrapes' },
  'growth-of-sum': { severity: 'remark', summary: 'the growth of a sum of counters, which falls at each restart' },
  'delta-of-counter': { severity: 'remark', summary: 'a function for gauges gets a counter' },
  'label-not-left': {
    severity: 'remark',
    summary: 'a text of an alert names a label that its expression does not leave',
  },
  'absent-process-metric': {
    severity: 'remark',
    summary: 'a metric of the process, which the service does not expose as it is',
  },
  'first-event-unseen': {
    severity: 'remark',
    summary: 'an alert waits for growth of a counter whose series start at their first event',
  },
} as const satisfies Record<string, FaultRules>;

/** The name of a kind of fault. */
export type FaultKind = keyof typeof faultKinds;

/** A part of a text, by offsets. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One fault at its place in an expression. */
export interface Fault extends Span {
  readonly kind: FaultKind;
  readonly severity: Severity;
  readonly message: string;
  /** The right name that is nearest to what was written. */
  readonly nearest?: string;
  /** Where the metric is declared that the fault is about. */
  readonly declaredAt?: string;
}
