import { maskSecrets, type SecretPlaces } from '../sending/mask-secrets.js';
import type { readVerdict } from './export-response.js';

/** How an export has ended. */
export interface ExportResult {
  /**
   * `success`; `partial` where the receiver has left out points; `failed` where it does not have all of them; `disabled` where
   * `OTEL_SDK_DISABLED` is true, or the exporter has been shut down.
   */
  readonly result: 'success' | 'partial' | 'failed' | 'disabled';
  /** How many points the receiver has left out. */
  readonly rejectedPoints: number;
  /** Why it is no success. Never has a header in it. */
  readonly reason?: string;
}

/** So many characters of an answer are told. */
const maxWords = 200;

/** The result where exports are switched off, or the exporter has been shut down. */
export const disabledResult: ExportResult = { result: 'disabled', rejectedPoints: 0 };

/** The result of an export that has taken too long. */
export const createLateResult = (seconds: number): ExportResult => ({
  result: 'failed',
  rejectedPoints: 0,
  reason: `it took longer than ${seconds} s`,
});

/** One export, from its start to its result: what has gone wrong, in words that tell no secret. */
export class ExportRun {
  readonly #deadline: number;
  readonly #secrets: SecretPlaces;
  #reason = '';
  /** What is wrong, as one of few words; the empty text for nothing. */
  state = '';
  hasFailed = false;
  rejectedPoints = 0;

  /** @param secrets what may not be in the reason. */
  constructor(deadline: number, secrets: SecretPlaces) {
    this.#deadline = deadline;
    this.#secrets = secrets;
  }

  get secondsLeft(): number {
    return Math.max((this.#deadline - performance.now()) / 1000, 0.001);
  }

  /** @param words what the receiver says about it. */
  fail(state: string, reason: string, words = ''): void {
    this.hasFailed = true;
    this.state = state;
    const quoted = this.#quote(words);
    this.#reason = `${this.#mask(reason)}${quoted === '' ? '' : `, ${quoted}`}`;
  }

  /** @param points how many were sent, as a receiver may say any number. */
  accept({ rejectedPoints: said, remark, isUnderstood }: ReturnType<typeof readVerdict>, points: number): void {
    const rejectedPoints = Math.min(said, points);
    this.rejectedPoints += rejectedPoints;
    if (rejectedPoints > 0)
      [this.state, this.#reason] = [
        'partial',
        `${this.rejectedPoints} points rejected: ${this.#quote(remark) || 'no reason given'}`,
      ];
    else if (!isUnderstood && this.rejectedPoints === 0)
      [this.state, this.#reason] = ['not understood', 'an answer that is none of OTLP'];
    else if (remark !== '' && this.state === '') [this.state, this.#reason] = ['remark', this.#quote(remark)];
  }

  #mask(text: string): string {
    return maskSecrets(text, this.#secrets);
  }

  /** Some of the words of a receiver, in quotation marks. Why masked before they are cut: a part of a secret is one too. */
  #quote(words: string): string {
    const printable = this.#mask(words).replace(/[^\x20-\x7e]+/g, ' ');
    const some = printable.trim().slice(0, maxWords);
    return some === '' ? '' : JSON.stringify(some);
  }

  get outcome(): 'success' | 'partial' | 'failed' {
    if (this.hasFailed) return 'failed';
    return this.rejectedPoints > 0 ? 'partial' : 'success';
  }

  result(): ExportResult {
    const { outcome: result, rejectedPoints } = this;
    return { result, rejectedPoints, ...(this.#reason !== '' && { reason: this.#reason }) };
  }
}

const remedies: Readonly<Record<string, string>> = {
  unanswered: 'Check "endpoint", and whether the receiver runs',
  collect: 'Look at the collectors',
  partial: 'Look at the log of the receiver',
  remark: 'Look at the log of the receiver',
  'not understood': 'Check "endpoint": something else may listen there',
  'status 401': 'Check "headers"',
  'status 403': 'Check "headers"',
  'status 404': 'Check "endpoint", to which /v1/metrics is added, or give "url"',
  'status 413': 'Smaller requests follow; or let the receiver take more',
  'status 429': 'They are sent with the next export',
};

/** What to do about the state of a run. */
export const remedyOf = (state: string): string => remedies[state] ?? 'Look at the log of the receiver';
