import type { DropReason } from '../error.js';
import { MetricsError } from '../error.js';
import { processWide } from '../process-state.js';
import type { Advice } from './advice.js';

/** Whom a recorder tells of what it could not record, and of its advice. */
export interface ReportOptions {
  /** Tests: throw what production drops. Default `false`. */
  readonly strict?: boolean;
  /** Hears of the first dropped observation of each site and reason. Default: a process warning. */
  readonly onError?: (error: MetricsError, site: string) => void;
  /** Hears each remark once. Default: a process warning. */
  readonly onAdvice?: (advice: Advice) => void;
}

const causes: Readonly<Record<DropReason, string>> = {
  reader_threw: 'a reader threw',
  reader_promise: 'a reader returned a promise',
  label_type: 'a label is not a string, number, bigint or boolean',
  not_finite: 'the value is not a finite number, or too large to be added up',
  negative_step: 'a counter cannot be decreased',
  overflow: 'the family has as many series as it may have, or the value is outside its domain',
  sensitive: 'a label value looks like a secret or a personal datum',
  family_clash: 'another declaration has taken the name',
};

const remedies: Readonly<Record<DropReason, string>> = {
  reader_threw: 'Make the reader total',
  reader_promise: 'Read something that is there when the call has settled',
  label_type: 'Return one of those from the reader',
  not_finite: 'Return a finite number, or skip the call with "when"',
  negative_step: 'Use a gauge for what goes down',
  overflow: 'Use a label with fewer values, or raise "maxSeries"',
  sensitive: 'Leave it out of the labels, or set sensitive: "allow"',
  family_clash: 'Use the same definition, or another name',
};

/** Says everything once. Nothing that a listener throws gets out, but for strict mode, which is meant to throw. */
export class Reports {
  readonly #options: ReportOptions;
  readonly #said = new Set<string>();

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  dropped(metric: string, reason: DropReason, site: string, cause: unknown): void {
    const { strict, onError = warn } = this.#options;
    if (!strict && !this.#isNews(`${reason} ${metric} ${site}`)) return;
    const error = dropError(metric, reason, site, cause);
    if (strict) throw error;
    quietly(() => onError(error, site));
  }

  collectorFailed(metric: string, cause: unknown): void {
    if (!this.#isNews(`collector ${metric}`)) return;
    const { onError = warn } = this.#options;
    const site = `the collector of "${metric}"`;
    const given = cause instanceof Error ? cause.message : String(cause);
    const message = `a scrape goes without "${metric}" (${given}). Make its collector quick and total.`;
    quietly(() => onError(new MetricsError(site, [{ code: 'collector_failed', message }], { cause }), site));
  }

  advise(advice: Advice): void {
    const { onAdvice = warnOnce } = this.#options;
    if (this.#isNews(advice.message)) quietly(() => onAdvice(advice));
  }

  #isNews(what: string): boolean {
    if (this.#said.has(what)) return false;
    this.#said.add(what);
    return true;
  }
}

function dropError(metric: string, reason: DropReason, site: string, cause: unknown): MetricsError {
  if (reason === 'family_clash' && cause instanceof MetricsError) return cause;
  const given = cause instanceof Error ? ` (${cause.name}: ${cause.message})` : '';
  const message = `an observation of "${metric}" is dropped: ${causes[reason]}${given}. ${remedies[reason]}.`;
  return new MetricsError(site, [{ code: reason, message }], { cause });
}

function warn({ message }: { readonly message: string }): void {
  process.emitWarning(message, { type: 'FlowplaneMetricsWarning' });
}

const warned = processWide('warned', () => new Set<string>());

// Why once per process: every recorder hears of an unwired instance, and they all warn the same reader.
function warnOnce(advice: Advice): void {
  if (warned.has(advice.message)) return;
  warned.add(advice.message);
  warn(advice);
}

function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Why swallowed: a listener's fault must not reach the service's own call, and there is nobody else to tell.
  }
}
