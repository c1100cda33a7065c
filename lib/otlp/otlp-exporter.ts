import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Slices } from '../async/slices.js';
import { withTimeout } from '../async/timeout.js';
import { refuseIfAny } from '../error.js';
import { warn } from '../process-state.js';
import { type Advice, ignoreErrors } from '../recorder/reports.js';
import { HttpClient } from '../sending/http-client.js';
import { deliver } from '../sending/retries.js';
import type { ExposedFamily, Scrapable } from '../store/exposed-family.js';
import { scrapableRule } from '../store/scrapable.js';
import { checkValue } from '../validation.js';
import { version } from '../version.js';
import { ExportMetrics } from './export-metrics.js';
import { readVerdict } from './export-response.js';
import { type ExportContext, FamilyPoints } from './family-points.js';
import { toJson } from './json-body.js';
import { beforeTheEnd, type EndOptions } from './last-export.js';
import { labelComesBack, type MetricName, nameInOtlp } from './metric-names.js';
import type { OtlpOptions } from './otlp-options.js';
import { RequestBody } from './request-body.js';
import { SeriesStates } from './series-states.js';
import { type Settings, settingsOf } from './settings.js';

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

const site = 'OtlpExporter';
/** A request has at most about so many bytes before compression: receivers take between 4 and 64 MiB. */
const maxRequestBytes = 4 * 1024 * 1024 - 128 * 1024;
const minRequestBytes = 64 * 1024;
const maxTries = 5;
/** In microseconds. */
const maxStepBack = 60e6;

const compress = promisify(gzip);
const now = (): number => Date.now() * 1000;

/**
 * Sends the metrics of a recorder over OTLP, to a Collector or to a store, at intervals and when it is told to.
 *
 * @example
 * import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
 * import { OtlpExporter } from 'flowplane-metrics/otlp';
 *
 * const recorder = new PrometheusRecorder();
 * recorder.counter(defineCounter({ name: 'jobs_total', help: 'Finished jobs' })).inc();
 * const exporter = new OtlpExporter(recorder, {
 *   endpoint: 'http://127.0.0.1:1',
 *   exportTimeoutSeconds: 0.1,
 *   onAdvice: () => undefined,
 * });
 * const { result } = await exporter.flush();
 * console.log(result); // failed
 * await exporter.shutdown();
 */
export class OtlpExporter implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #scrapable: Scrapable;
  readonly #metrics = new ExportMetrics();
  readonly #client: HttpClient;
  readonly #body: RequestBody;
  readonly #states = new SeriesStates();
  readonly #names = new Map<string, MetricName>();
  readonly #advised = new Set<string>();
  readonly #onAdvice: (advice: Advice) => void;
  readonly #announces: boolean;
  readonly #giveUp = new AbortController();
  #maxRequestBytes = maxRequestBytes;
  /** When the last export began; at first, when the exporter was made. */
  #previous = now();
  /** Until when the receiver wants to be left alone, by `performance.now()`. */
  #pausedUntil = 0;
  /** What was wrong with the last export; the empty text for nothing. */
  #state = '';
  #running: Promise<ExportResult> | undefined;
  #next: Promise<ExportResult> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #takeBackEnd = (): void => undefined;
  #ending: Promise<ExportResult> | undefined;

  /** @throws MetricsError naming every option and every variable of the environment that is wrong. */
  constructor(recorder: Scrapable, options: OtlpOptions = {}) {
    refuseIfAny(site, checkValue('"recorder"', scrapableRule, recorder ?? null));
    this.#settings = settingsOf(site, options);
    const { tls, resource } = this.#settings;
    this.#scrapable = this.#metrics.mergeWith(recorder);
    this.#client = new HttpClient({ tls, agent: options.agent });
    this.#body = new RequestBody({ resource, scope: { name: 'flowplane-metrics', version } });
    this.#onAdvice = options.onAdvice ?? (({ message }) => warn(message));
    this.#announces = options.announce ?? true;
  }

  /** Where the metrics go, without credentials. */
  get target(): string {
    const { origin, pathname } = this.#settings.url;
    return `${origin}${pathname}`;
  }

  /**
   * Sends at each interval from now on, and once more before the process ends: by itself, by SIGTERM or SIGINT, or by an
   * uncaught error. It keeps no process running for longer than `shutdownTimeoutSeconds`. A second call does nothing.
   */
  start(): this {
    return this.startWith({});
  }

  /** @internal */
  startWith(ends: EndOptions): this {
    const { isDisabled, intervalSeconds } = this.#settings;
    if (isDisabled || this.#timer !== undefined || this.#ending !== undefined) return this;
    this.#timer = setInterval(() => void this.#sendInBackground(), intervalSeconds * 1000).unref();
    this.#takeBackEnd = beforeTheEnd({ send: () => this.#sendLast() }, ends);
    if (this.#announces) {
      process.stderr.write(`flowplane-metrics: metrics go to ${this.target} every ${intervalSeconds} s (OTLP)\n`);
    }
    return this;
  }

  /** Sends everything now. Works without `start()`, and never rejects. It may take `exportTimeoutSeconds`. */
  async flush(): Promise<ExportResult> {
    if (this.#settings.isDisabled || this.#ending !== undefined) return { result: 'disabled', rejectedPoints: 0 };
    const { exportTimeoutSeconds } = this.#settings;
    const late = {
      result: 'failed',
      rejectedPoints: 0,
      reason: `it took longer than ${exportTimeoutSeconds} s`,
    } as const;
    // Why with a limit of its own: this one keeps the process running.
    return withTimeout(this.#send(), exportTimeoutSeconds + 1, () => late);
  }

  /** Sends everything a last time, for at most `shutdownTimeoutSeconds`, and stops. May be called more than once. Never rejects. */
  shutdown(): Promise<ExportResult> {
    this.#ending ??= this.#settings.isDisabled ? Promise.resolve(disabled) : this.#end();
    return this.#ending;
  }

  /** The same as `shutdown()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** Adds the metrics of the exporter about itself to those of a recorder. @internal */
  mergeWith(scrapable: Scrapable): Scrapable {
    return this.#metrics.mergeWith(scrapable);
  }

  async #end(): Promise<ExportResult> {
    clearInterval(this.#timer);
    const result = await this.#sendLast();
    this.#takeBackEnd();
    this.#giveUp.abort();
    this.#client.close();
    return result;
  }

  #sendLast(): Promise<ExportResult> {
    const { shutdownTimeoutSeconds: seconds } = this.#settings;
    const late = { result: 'failed', rejectedPoints: 0, reason: `it took longer than ${seconds} s` } as const;
    return withTimeout(this.#send(seconds), seconds, () => late);
  }

  async #sendInBackground(): Promise<void> {
    if (this.#running !== undefined || performance.now() < this.#pausedUntil) return;
    await this.#send();
  }

  /** Why a second one after the one that is running: that one has begun before what its caller wants to be sent. */
  #send(seconds = this.#settings.exportTimeoutSeconds): Promise<ExportResult> {
    if (this.#running === undefined) return this.#begin(seconds);
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin(seconds);
    });
    return this.#next;
  }

  #begin(seconds: number): Promise<ExportResult> {
    const running = this.#export(seconds).finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #export(seconds: number): Promise<ExportResult> {
    const started = performance.now();
    const run = new ExportRun(started + seconds * 1000);
    try {
      await this.#walk(await this.#scrapable.exposedFamilies({ timeoutSeconds: seconds }), run);
    } catch {
      run.fail('collect', 'the metrics could not be collected');
    }
    // Why: what a walk that broke off has written is no part of the next one.
    this.#body.take();
    const result = run.result();
    this.#adviseOn(run, result);
    this.#metrics.count(run.outcome, (performance.now() - started) / 1000, run.rejectedPoints);
    return result;
  }

  async #walk(families: readonly ExposedFamily[], run: ExportRun): Promise<void> {
    const time = timeAfter(this.#previous);
    const { temporality } = this.#settings;
    const context = {
      body: this.#body,
      states: this.#states,
      touched: [],
      temporality,
      time,
      previous: this.#previous,
    };
    this.#states.begin();
    const slices = new Slices();
    for (const family of families) {
      const points = new FamilyPoints(family, this.#nameOf(family), context);
      for (const _ of inSteps(family, points)) {
        this.#body.cut();
        if (this.#body.length >= this.#maxRequestBytes) await this.#deliver(context, run);
        if (run.hasFailed) return;
        if (slices.isOver) await slices.pause();
      }
      this.#adviseOnLabels(family, points);
    }
    if (this.#body.length > 0) await this.#deliver(context, run);
    if (run.hasFailed) return;
    this.#states.forgetOthers();
    this.#previous = time;
  }

  async #deliver(context: ExportContext, run: ExportRun): Promise<void> {
    const { url, headers, isGzip, isJson, timeoutSeconds } = this.#settings;
    const touched = context.touched.splice(0);
    const pieces = isJson ? await listInSlices(toJson(this.#body.take())) : this.#body.take();
    const body = isGzip
      ? [await compress(pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces))]
      : pieces;
    const delivery = await deliver(
      this.#client,
      {
        method: 'POST',
        url,
        headers: {
          ...headers,
          'Content-Type': isJson ? 'application/json' : 'application/x-protobuf',
          'User-Agent': `flowplane-metrics/${version}`,
          ...(isGzip && { 'Content-Encoding': 'gzip' }),
        },
        body,
      },
      { trySeconds: timeoutSeconds, seconds: run.secondsLeft, maxTries, signal: this.#giveUp.signal },
    );
    const { answer, reason } = delivery;
    if (answer === undefined) return run.fail('unanswered', reason);
    this.#pausedUntil = performance.now() + (delivery.retryAfterSeconds ?? 0) * 1000;
    if (answer.status < 200 || answer.status >= 300) {
      if (answer.status === 413) this.#maxRequestBytes = Math.max(minRequestBytes, this.#maxRequestBytes / 2);
      return run.fail(`status ${answer.status}`, `status ${answer.status}${wordsOf(answer.body)}`);
    }
    for (const state of touched) {
      state.accepted = state.pending;
      state.start = context.time;
    }
    run.accept(readVerdict(answer));
  }

  /** The name of a family in OTLP. Advises once where that does not lead back to the name or the labels that are scraped. */
  #nameOf(family: ExposedFamily): MetricName {
    const key = `${family.type} ${family.name}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      name = nameInOtlp(family);
      this.#names.set(key, name);
      if (!name.comesBack)
        this.#adviseOnce(
          `family "${family.name}" gets another name where a receiver names as Prometheus does (given the type ${family.type}). Rename it, or let the receiver keep names.`,
        );
    }
    return name;
  }

  #adviseOnLabels({ name }: ExposedFamily, { labelNames }: FamilyPoints): void {
    for (const label of labelNames) {
      if (labelComesBack(label)) continue;
      this.#adviseOnce(
        `label "${label}" of "${name}" gets another name or value in Prometheus (given a name that the receiver uses itself). Rename it.`,
      );
    }
  }

  #adviseOnce(message: string): void {
    if (this.#advised.has(message)) return;
    this.#advised.add(message);
    this.#advise(message);
  }

  #advise(message: string): void {
    ignoreErrors(() => this.#onAdvice({ code: 'otlp', message: `${site}: ${message}` }));
  }

  /** Says what is wrong when that changes, and not at each interval. */
  #adviseOn(run: ExportRun, { reason }: ExportResult): void {
    if (run.state === this.#state) return;
    this.#state = run.state;
    if (run.state !== '') {
      this.#advise(`metrics do not all reach ${this.target} (given ${reason}). ${remedyOf(run.state)}.`);
    }
  }
}

/** What is written piece by piece, with turns of the event loop in between. */
async function listInSlices(pieces: Iterable<Uint8Array>): Promise<Uint8Array[]> {
  const slices = new Slices();
  const list: Uint8Array[] = [];
  for (const piece of pieces) {
    list.push(piece);
    if (slices.isOver) await slices.pause();
  }
  return list;
}

/**
 * The time of an export after the previous one.
 *
 * Why not the clock alone: one that was set back a little would make points that overlap. One that was set back by more had
 * been wrong before.
 */
function timeAfter(previous: number): number {
  const time = now();
  return time < previous && previous - time <= maxStepBack ? previous : time;
}

/** Writes a family in steps. Why one more at the end: a small family has none. */
function* inSteps(family: ExposedFamily, points: FamilyPoints): Generator<void> {
  yield* family.write(points);
  yield;
}

const disabled: ExportResult = { result: 'disabled', rejectedPoints: 0 };

/** How one export goes. */
class ExportRun {
  readonly #deadline: number;
  #reason = '';
  /** What is wrong, as one of few words; the empty text for nothing. */
  state = '';
  hasFailed = false;
  rejectedPoints = 0;

  constructor(deadline: number) {
    this.#deadline = deadline;
  }

  get secondsLeft(): number {
    return Math.max((this.#deadline - performance.now()) / 1000, 0.001);
  }

  fail(state: string, reason: string): void {
    this.hasFailed = true;
    this.state = state;
    this.#reason = reason;
  }

  accept({ rejectedPoints, remark, isUnderstood }: ReturnType<typeof readVerdict>): void {
    this.rejectedPoints += rejectedPoints;
    if (rejectedPoints > 0)
      [this.state, this.#reason] = ['partial', `${this.rejectedPoints} points rejected: ${JSON.stringify(remark)}`];
    else if (!isUnderstood) [this.state, this.#reason] = ['not understood', 'an answer that is none of OTLP'];
    else if (remark !== '' && this.state === '') [this.state, this.#reason] = ['remark', JSON.stringify(remark)];
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

const remedyOf = (state: string): string => remedies[state] ?? 'Look at the log of the receiver';

function wordsOf(body: Buffer): string {
  const words = body
    .subarray(0, 1000)
    .toString()
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
  return words === '' ? '' : `, ${JSON.stringify(words)}`;
}
