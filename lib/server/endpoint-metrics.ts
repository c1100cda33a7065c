import { type RefusalReason, refusalReasons } from '../access/refusals.js';
import type { EndedScrape, ScrapeObserver } from '../access/scrapes-in-flight.js';
import { exponentialBuckets } from '../families/buckets.js';
import { defineCounter, defineGauge, defineHistogram, type Family } from '../families/family.js';
import { PrometheusRecorder } from '../prometheus/prometheus-recorder.js';
import type { ExposedFamily, Scrapable } from '../store/exposed-family.js';
import { mergeFamilies } from '../store/merge-families.js';

const scrapes = defineCounter({
  name: 'flowplane_metrics_scrapes_total',
  help: 'Scrapes that were let in, by status code ("aborted" where the client went away first) and format',
  labels: { code: {}, format: {} },
  initial: [{ code: '200', format: 'text' }],
});

const duration = defineHistogram({
  name: 'flowplane_metrics_scrape_duration_seconds',
  help: 'How long scrapes took, from the request to the last byte of the answer',
  unit: 'seconds',
});

const size = defineHistogram({
  name: 'flowplane_metrics_scrape_size_bytes',
  help: 'How many bytes were sent for a scrape, compressed where they were',
  unit: 'bytes',
  buckets: exponentialBuckets(1024, 4, 9),
});

const inFlight = defineGauge({
  name: 'flowplane_metrics_scrapes_in_flight',
  help: 'Scrapes that are being answered, this one included',
});

const refused = defineCounter({
  name: 'flowplane_metrics_requests_refused_total',
  help: 'Requests that were not let in, by reason',
  labels: { reason: { oneOf: refusalReasons } },
  initial: refusalReasons.map((reason) => ({ reason })),
});

const reloaded = defineGauge({
  name: 'flowplane_metrics_web_config_last_reload_successful',
  help: 'Whether the web config file, certificates and tokens are in use as they were read last',
});

const incomplete = defineCounter({
  name: 'flowplane_metrics_scrapes_incomplete_total',
  help: 'Scrapes and exports of the metrics thread without what the main thread computes, because that was blocked or too slow',
});

const restarts = defineCounter({
  name: 'flowplane_metrics_thread_restarts_total',
  help: 'How often the metrics thread was started again, because it had ended by itself',
});

/** What is there from the start: counters at 0, so that `rate()` sees the first event, and gauges. */
const fromTheStart = [scrapes, inFlight, refused, reloaded];
/** What is there from the start too, of a server that runs in a thread. */
const ofThread = [incomplete, restarts];
/** What is there from the first scrape on. Why not before: their buckets would be 26 zeros. */
const onceObserved = [duration, size];
/** The families of a server about its own work. */
export const endpointFamilies: readonly Family[] = [...fromTheStart, ...ofThread, ...onceObserved];
const names = new Set(endpointFamilies.map(({ name }) => name));

/** The metrics of a server about its own work. */
export class EndpointMetrics implements ScrapeObserver {
  // Why a recorder of its own: the prefix, the registry and the advice of the user's recorder do not apply to these families.
  readonly #recorder = new PrometheusRecorder({ onAdvice: () => undefined });

  /** @param thread of a server that runs in a thread: how often it was started again. */
  constructor(thread?: { readonly restarts: number }) {
    for (const family of [...fromTheStart, ...(thread === undefined ? [] : ofThread)]) this.#recorder.open(family);
    if (thread !== undefined) this.#recorder.counter(restarts).inc({}, thread.restarts);
    this.#recorder.gauge(inFlight).set({}, 0);
    this.setLastReloadSuccessful(true);
  }

  /** Adds these families to others, with the constant labels of those. A family whose name is taken is left out. */
  mergeWith(scrapable: Scrapable): Scrapable {
    return mergeFamilies(scrapable, () => this.exposedFamilies());
  }

  scrapeStarted(): void {
    this.#recorder.gauge(inFlight).inc({});
  }

  scrapeEnded({ code, format, seconds }: EndedScrape): void {
    this.#recorder.gauge(inFlight).dec({});
    this.#recorder.counter(scrapes).inc({ code: String(code), format: code === 200 && format ? format : 'none' });
    this.#recorder.histogram(duration).observe({}, seconds);
  }

  countSentBytes(bytes: number): void {
    this.#recorder.histogram(size).observe({}, bytes);
  }

  countRefusal(reason: RefusalReason): void {
    this.#recorder.counter(refused).inc({ reason });
  }

  setLastReloadSuccessful(isSuccessful: boolean): void {
    this.#recorder.gauge(reloaded).set({}, isSuccessful ? 1 : 0);
  }

  /** Counts a scrape that goes without what the main thread computes. */
  countIncomplete(): void {
    this.#recorder.counter(incomplete).inc();
  }

  async exposedFamilies(): Promise<ExposedFamily[]> {
    return (await this.#recorder.exposedFamilies()).filter(({ name }) => names.has(name));
  }
}
