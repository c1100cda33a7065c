import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { runInSlices, Slices } from '../async/slices.js';
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
import { createLateResult, disabledResult, type ExportResult, ExportRun, remedyOf } from './export-run.js';
import { type ExportContext, FamilyPoints } from './family-points.js';
import { JsonBody } from './json-body.js';
import { beforeTheEnd, type EndOptions } from './last-export.js';
import { labelComesBack, type MetricName, nameInOtlp } from './metric-names.js';
import type { OtlpOptions } from './otlp-options.js';
import { RequestBody } from './request-body.js';
import { acceptPending, SeriesStates } from './series-states.js';
import { optionsOf, type Settings, settingsOf } from './settings.js';

/** What exports the same metrics instead of an exporter, as long as it can: the metrics thread. */
export interface OtherExporter {
  /** Whether it exports at intervals now. */
  isExporting(): boolean;
  /** Sends everything a last time within so many seconds; resolves to `undefined` where it cannot. Never rejects. */
  sendLast(seconds: number): Promise<ExportResult | undefined>;
}

/** How an exporter begins to send at intervals. */
export interface StartOptions extends EndOptions {
  /** Absent: this one exports alone. */
  readonly other?: OtherExporter;
}

/** What the metrics thread must know to export as the main thread would. Plain data. */
export interface ThreadExporterData {
  /** Everything that options and the environment say. */
  readonly options: OtlpOptions;
  /** When the exports began, in microseconds since the epoch: in the first thread, and so in a later one. */
  readonly since: number;
}

/** What an exporter in the metrics thread is started with. */
export interface ThreadStart extends Pick<ThreadExporterData, 'since'> {
  /** How many times families were left out until now, because the main thread was blocked. */
  countIncomplete(): number;
}

const site = 'OtlpExporter';
/** A request has at most about so many bytes before compression: receivers take between 4 and 64 MiB. */
const maxRequestBytes = 4 * 1024 * 1024 - 128 * 1024;
const minRequestBytes = 64 * 1024;
/** How many times as long a body is in JSON, about. */
const jsonGrowth = 4;
const maxTries = 5;
/** So many bytes of an answer that is no success are looked at. */
const maxWordsBytes = 16 * 1024;
/** In microseconds. */
const maxStepBack = 60e6;

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
  /** What makes JSON of the body; `undefined` where it is sent as it is. */
  readonly #json: JsonBody | undefined;
  readonly #states = new SeriesStates();
  readonly #names = new Map<string, MetricName>();
  readonly #advised = new Set<string>();
  readonly #onAdvice: (advice: Advice) => void;
  readonly #announces: boolean;
  readonly #hasAgent: boolean;
  readonly #giveUp = new AbortController();
  #maxRequestBytes: number;
  /** When the last export began; at first, when the exporter was made. */
  #previous = now();
  /** Until when the receiver wants to be left alone, by `performance.now()`. */
  #pausedUntil = 0;
  /** The states that were advised on since the last export without a fault. */
  readonly #advisedStates = new Set<string>();
  #running: Promise<ExportResult> | undefined;
  #next: Promise<ExportResult> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #takeBackEnd = (): void => undefined;
  #ending: Promise<ExportResult> | undefined;
  #other: OtherExporter | undefined;
  #countIncomplete = (): number => 0;

  /** @throws MetricsError naming every option and every variable of the environment that is wrong. */
  constructor(recorder: Scrapable, options: OtlpOptions = {}) {
    refuseIfAny(site, checkValue('"recorder"', scrapableRule, recorder ?? null));
    this.#settings = settingsOf(site, options);
    const { tls, resource, isJson } = this.#settings;
    this.#scrapable = this.#metrics.mergeWith(recorder);
    this.#client = new HttpClient({ tls, agent: options.agent });
    this.#body = new RequestBody(
      { resource, scope: { name: 'flowplane-metrics', version } },
      isJson ? 'json' : 'protobuf',
    );
    this.#json = isJson ? new JsonBody() : undefined;
    this.#maxRequestBytes = isJson ? maxRequestBytes / jsonGrowth : maxRequestBytes;
    this.#onAdvice = options.onAdvice ?? (({ message }) => warn(message));
    this.#announces = options.announce ?? true;
    this.#hasAgent = options.agent !== undefined;
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
  startWith({ other, ...ends }: StartOptions): this {
    const { isDisabled, intervalSeconds } = this.#settings;
    if (isDisabled || this.#timer !== undefined || this.#ending !== undefined) return this;
    this.#other = other;
    this.#startTimer();
    this.#takeBackEnd = beforeTheEnd({ send: () => this.#sendAtEnd() }, ends);
    if (this.#announces) {
      // Why not to the stream: where nobody reads it any more, that would be an uncaught error.
      console.error(`flowplane-metrics: metrics go to ${this.target} every ${intervalSeconds} s (OTLP)`);
    }
    return this;
  }

  /** Sends at each interval, and leaves the end of the process to the exporter of the main thread. @internal */
  startInThread({ since, countIncomplete }: ThreadStart): void {
    if (this.#settings.isDisabled) return;
    this.#previous = Math.min(this.#previous, since);
    this.#countIncomplete = countIncomplete;
    this.#startTimer();
  }

  /** What an exporter in another thread does the same with; `undefined` where something would be lost there. @internal */
  get forThread(): ThreadExporterData | undefined {
    const settings = this.#settings;
    // Why no deltas: what the receiver has of each series is known here alone, and would be lost where a thread ends by itself.
    if (settings.isDisabled || this.#hasAgent || settings.temporality !== 'cumulative') return undefined;
    return { options: optionsOf(settings), since: this.#previous };
  }

  /** Sends everything now. Works without `start()`, and never rejects. It may take `exportTimeoutSeconds`. */
  async flush(): Promise<ExportResult> {
    if (this.#settings.isDisabled || this.#ending !== undefined) return disabledResult;
    const { exportTimeoutSeconds } = this.#settings;
    // Why with a limit of its own: this one keeps the process running.
    return withTimeout(this.#send(), exportTimeoutSeconds + 1, () => createLateResult(exportTimeoutSeconds));
  }

  /** Sends everything a last time, for at most `shutdownTimeoutSeconds`, and stops. May be called more than once. Never rejects. */
  shutdown(): Promise<ExportResult> {
    this.#ending ??= this.#settings.isDisabled ? Promise.resolve(disabledResult) : this.#end();
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

  /** Tells advice of an exporter in another thread as its own. @internal */
  passOn(advice: Advice): void {
    ignoreErrors(() => this.#onAdvice(advice));
  }

  /** Sends everything a last time, for at most so many seconds. Never rejects. @internal */
  sendLast(seconds: number): Promise<ExportResult> {
    return withTimeout(this.#send(seconds), seconds, () => createLateResult(seconds));
  }

  #startTimer(): void {
    const milliseconds = this.#settings.intervalSeconds * 1000;
    this.#timer = setInterval(() => void this.#sendInBackground(), milliseconds).unref();
  }

  async #end(): Promise<ExportResult> {
    clearInterval(this.#timer);
    const result = await this.#sendAtEnd();
    this.#takeBackEnd();
    this.#giveUp.abort();
    this.#client.close();
    return result;
  }

  async #sendAtEnd(): Promise<ExportResult> {
    const { shutdownTimeoutSeconds: seconds } = this.#settings;
    const started = performance.now();
    const sent = await this.#other?.sendLast(seconds);
    const left = seconds - (performance.now() - started) / 1000;
    return sent ?? (left > 0 ? this.sendLast(left) : createLateResult(seconds));
  }

  async #sendInBackground(): Promise<void> {
    if (this.#running !== undefined || performance.now() < this.#pausedUntil) return;
    if (this.#other?.isExporting()) return;
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
    const run = new ExportRun(started + seconds * 1000, this.#settings);
    try {
      const incomplete = this.#countIncomplete();
      const families = this.#scrapable.exposedFamilies({ timeoutSeconds: seconds });
      const all = await settleWithin(families, seconds, this.#giveUp.signal);
      await this.#walk(all, run, this.#countIncomplete() === incomplete);
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

  /** @param isComplete whether a series that is not there is gone. */
  async #walk(families: readonly ExposedFamily[], run: ExportRun, isComplete: boolean): Promise<void> {
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
        if (this.#body.length >= this.#maxRequestBytes) await this.#deliver(context, run, slices);
        if (run.hasFailed) return;
        if (slices.isOver) await slices.pause();
      }
      this.#adviseOnLabels(family, points);
    }
    if (this.#body.length > 0) await this.#deliver(context, run, slices);
    if (run.hasFailed) return;
    if (isComplete) await runInSlices(this.#states.forgetOthers(), slices);
    this.#previous = time;
  }

  async #deliver(context: ExportContext, run: ExportRun, slices: Slices): Promise<void> {
    const { url, headers, isGzip, isJson, timeoutSeconds } = this.#settings;
    const touched = context.touched.splice(0);
    const { points } = this.#body;
    const pieces = await this.#takeBody(slices);
    const body = isGzip ? await compress(pieces) : pieces;
    // Why: to begin a request takes half as long as a slice may.
    await slices.pause();
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
      const words = answer.body.subarray(0, maxWordsBytes).toString();
      return run.fail(`status ${answer.status}`, `status ${answer.status}`, words);
    }
    await runInSlices(acceptPending(touched, context.time), slices);
    run.accept(readVerdict(answer), points);
  }

  /** Takes the body in its format, in pieces that are valid until the next one is taken. */
  async #takeBody(slices: Slices): Promise<readonly Uint8Array[]> {
    const pieces = this.#body.take();
    if (this.#json === undefined) return pieces;
    await runInSlices(this.#json.write(pieces), slices);
    return this.#json.take();
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

  /** Says once what is wrong, until nothing is, and not at each interval. */
  #adviseOn({ state }: ExportRun, { reason }: ExportResult): void {
    if (state === '') this.#advisedStates.clear();
    else if (!this.#advisedStates.has(state)) {
      this.#advisedStates.add(state);
      this.#advise(`metrics do not all reach ${this.target} (given ${reason}). ${remedyOf(state)}.`);
    }
  }
}

/**
 * Settles as the promise does, but rejects where that takes longer or is given up. Keeps no process running.
 *
 * Why: a recorder ends its collectors in time, but not everything that can be scraped does.
 */
function settleWithin<T>(promise: Promise<T>, seconds: number, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error('it was given up'));
    const timer = setTimeout(giveUp, seconds * 1000).unref();
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    });
  });
}

/** Why by a stream: it works on the pieces in other threads, and none is copied here to be beside the others. */
async function compress(pieces: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const compressed: Uint8Array[] = [];
  for await (const piece of Readable.from(pieces).pipe(createGzip())) compressed.push(piece);
  return compressed;
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
