import { ignoreRejection } from '../async/thenable.js';
import type { DropReason } from '../error.js';
import { formatError, formatThrown, isInstance, MetricsError } from '../error.js';
import { processState, warn, warnOnce } from '../process-state.js';
import type { MetricsRecorder } from './metrics-recorder.js';

const { recorders } = processState.wiring;

/** A remark that breaks nothing. It is given once, to `onAdvice` or as a process warning. */
export interface Advice {
  /** The kind of remark, to filter by. It is stable. */
  readonly code:
    | 'unwired'
    | 'second_copy'
    | 'different_help'
    | 'minified_class'
    | 'callback'
    | 'duration_unit'
    | 'unread_label'
    | 'naming'
    | 'bound'
    | 'exemplar'
    | 'negative_sum'
    | 'process_metrics'
    | 'sensitive'
    | 'open_server'
    | 'loopback_only'
    | 'shared_port'
    | 'web_config'
    | 'certificate'
    | 'otlp'
    | 'source'
    | 'thread';
  readonly message: string;
}

/** Where a recorder reports what it could not record, and its advice. */
export interface ReportOptions {
  /** For tests: throw the error of a dropped observation into the call. Default `false`. */
  readonly strict?: boolean;
  /** Receives the first dropped observation of each site and reason. Default: a process warning. */
  readonly onError?: (error: MetricsError, site: string) => void;
  /** Receives each piece of advice once. Default: a process warning. */
  readonly onAdvice?: (advice: Advice) => void;
}

const causes: Readonly<Record<DropReason, string>> = {
  reader_threw: 'a reader threw',
  reader_promise: 'a reader returned a promise',
  label_type: 'a label is not a string, number, bigint or boolean',
  not_finite: 'the value is not a finite number, or is too large to be added up',
  not_exact: 'the value is a BigInt that no number of JavaScript holds exactly',
  negative_step: 'a counter cannot be decreased',
  overflow: "the family has reached its limit of series, or the value is not one of the label's values",
  sensitive: 'a label value looks like a secret or personal data',
  family_clash: 'another declaration has taken the name',
};

const remedies: Readonly<Record<DropReason, string>> = {
  reader_threw: 'Make the reader handle every call',
  reader_promise: 'Read a value that is known when the call has settled',
  label_type: 'Return one of those from the reader',
  not_finite: 'Return a finite number, or skip the call with "when"',
  not_exact: 'Return Number(value) where a rounded value will do',
  negative_step: 'Use a gauge for a number that goes down',
  overflow: 'Use a label with fewer values, or raise "maxSeries"',
  sensitive: 'Leave it out of the labels, or set sensitive: "allow"',
  family_clash: 'Use the same definition, or another name',
};

const warnOfError = ({ message }: MetricsError): void => warn(message);

// Why once per process: every recorder gets the advice on an instance without one, and all of them warn the same reader.
const warnOfAdvice = ({ message }: Advice): void => warnOnce(message);

/** Reports everything once. An error of a listener goes no further; only strict mode throws, on purpose. */
export class Reports {
  readonly #options: ReportOptions;
  readonly #reported = new Set<string>();

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  dropped(metric: string, reason: DropReason, site: string, cause: unknown): void {
    const { strict, onError = warnOfError } = this.#options;
    if (!strict && !this.#isNew(`${reason} ${metric} ${site}`)) return;
    const error = createDropError(metric, reason, site, cause);
    if (strict) throw error;
    ignoreErrors(() => onError(error, site));
  }

  collectorFailed(metric: string, cause: unknown, remedy = 'Make its collector fast, and let it throw nothing'): void {
    if (!this.#isNew(`collector ${metric}`)) return;
    const { onError = warnOfError } = this.#options;
    const site = `the collector of "${metric}"`;
    const message = `a scrape does not have "${metric}" (${formatThrown(cause)}). ${remedy}.`;
    ignoreErrors(() => onError(new MetricsError(site, [{ code: 'collector_failed', message }], { cause }), site));
  }

  advise(advice: Advice): void {
    const { onAdvice = warnOfAdvice } = this.#options;
    if (this.#isNew(advice.message)) ignoreErrors(() => onAdvice(advice));
  }

  #isNew(message: string): boolean {
    if (this.#reported.has(message)) return false;
    this.#reported.add(message);
    return true;
  }
}

function createDropError(metric: string, reason: DropReason, site: string, cause: unknown): MetricsError {
  if (reason === 'family_clash' && isInstance(cause, MetricsError)) return cause;
  const fault = formatError(cause);
  const given = fault === undefined ? '' : ` (${fault})`;
  const message = `an observation of "${metric}" is dropped: ${causes[reason]}${given}. ${remedies[reason]}.`;
  return new MetricsError(site, [{ code: reason, message }], { cause });
}

/** Runs a listener of the user, whose faults are its own. */
export function ignoreErrors(report: () => unknown): void {
  try {
    // Why: the listener may be an async function.
    ignoreRejection(report());
  } catch {
    // Why ignored: a fault of a listener must not reach the call of the service, and there is no other listener.
  }
}

/** Remembers, weakly, that a recorder exists. From then on, an instance without a recorder is worth advice. */
export function registerRecorder(recorder: MetricsRecorder): void {
  recorders.add(new WeakRef(recorder));
}

/** Whether any recorder exists in the process. */
export const anyRecorder = (): boolean => recorders.size > 0;

/** Passes advice on to every recorder of the process; a function gives each recorder words of its own. */
export function adviseAll(advice: Advice | ((recorder: MetricsRecorder) => Advice)): void {
  for (const reference of recorders) {
    const recorder = reference.deref();
    if (recorder === undefined) recorders.delete(reference);
    else recorder.advise(typeof advice === 'function' ? advice(recorder) : advice);
  }
}
