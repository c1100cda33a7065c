import type { ServerResponse } from 'node:http';
import { types } from 'node:util';
import { type DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import { findSampledSpan, runWithoutSpan } from '../recorder/active-span.js';
import type { ExemplarLabels, FamilyRecorder, MetricsRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import { unclaimedFamilies } from './claimed-families.js';
import { refuseUnlessOfNode } from './handed-over.js';
import {
  abortedRequest,
  type Convention,
  conventions,
  defineRequestFamilies,
  labelOrder,
  otherMethod,
  type RequestFamilies,
  type RequestLabelValues,
} from './request-families.js';
import type { RouteOf, TrackRequest } from './request-metrics.js';
import { type RequestMetricsOptions } from './request-metrics-options.js';
import { forwardedScheme, schemeOfConnection } from './request-scheme.js';
import { type EndCallback, type ResponseTracker, trackResponse } from './response-tracker.js';

/**
 * What `requestMetrics` returns, for an adapter that observes the request: it gets what tracks the response, or nothing where
 * that is tracked already. Recorder and options are valid.
 */
export function createRequestTracker(
  recorder: MetricsRecorder,
  options: RequestMetricsOptions,
  site: string,
): (...given: Parameters<TrackRequest>) => ResponseTracker | undefined {
  const metrics = new RequestMetrics(recorder, defineRequestFamilies(options), site);
  const schemeOf = options.trustProxy ? forwardedScheme : schemeOfConnection;
  return (request, response, routeOf) => {
    refuseUnlessOfNode(site, request, response);
    const start = { method: String(request.method), scheme: schemeOf(request) };
    return metrics.track(start, response as ServerResponse, routeOf);
  };
}

/** A request that has arrived. */
interface RequestStart {
  readonly method: string;
  readonly scheme: string;
}

/** Records requests, each in those families that no other middleware records for the same response. */
class RequestMetrics {
  readonly #recorder: MetricsRecorder;
  readonly #families: RequestFamilies;
  readonly #site: string;
  readonly #all: ReadonlySet<Family>;
  readonly #duration: RecordedFamily;
  readonly #size: RecordedFamily;
  readonly #active: FamilyRecorder;

  /** @throws MetricsError `family_clash` where the recorder has another family under one of these names. */
  constructor(recorder: MetricsRecorder, families: RequestFamilies, site: string) {
    const { duration, size, active, convention } = families;
    this.#recorder = recorder;
    this.#families = families;
    this.#site = site;
    this.#all = new Set<Family>([duration, size, active]);
    this.#duration = new RecordedFamily(recorder, duration, convention, site);
    this.#size = new RecordedFamily(recorder, size, conventions.opentelemetry, site);
    this.#active = recorder.open(active, site);
  }

  /** Counts a request as active now, and records it when its response ends. */
  track(request: RequestStart, response: ServerResponse, routeOf: RouteOf): ResponseTracker | undefined {
    const claimed = unclaimedFamilies(this.#recorder, response, this.#all);
    if (claimed.size === 0) return undefined;
    const end = this.#start(request, claimed, routeOf);
    const tracker = trackResponse(response, request.method, end);
    tracker.claim = { recorder: this.#recorder, families: claimed };
    return tracker;
  }

  #start({ method: given, scheme }: RequestStart, claimed: ReadonlySet<Family>, routeOf: RouteOf): EndCallback {
    const startedAt = this.#recorder.now();
    // Why now: when the response ends, another span may be active, or none.
    const span = findSampledSpan();
    const exemplar = span && { trace_id: span.traceId, span_id: span.spanId };
    const { methods, active, duration, size, convention, unmatched } = this.#families;
    const method = methods.has(given) ? given : otherMethod;
    const series = claimed.has(active) ? this.#acquireActive(method, scheme) : undefined;
    return (tracker, isComplete) => {
      if (series !== undefined) this.#active.release(series);
      // Why not below 0: a test may put a fake clock in the place of the real one during a request.
      const seconds = Math.max(0, this.#recorder.now() - startedAt);
      const route = this.#readRoute(routeOf, given);
      if (route === undefined) return;
      const { statusCode } = tracker.response;
      const status = tracker.hasStatus ? String(statusCode) : '';
      const error = errorTypeOf(status, isComplete);
      const record = (): void => {
        if (claimed.has(duration)) {
          const code = status || convention.statusWithoutResponse;
          this.#duration.observe([method, scheme, route || unmatched.duration, code, error], seconds, exemplar);
        }
        if (claimed.has(size) && status !== '') {
          const bytes = tracker.bodyBytes(statusCode);
          this.#size.observe([method, scheme, route || unmatched.size, status, error], bytes, exemplar);
        }
      };
      // Why: a request without a span must not get the one in which its response ends.
      if (span === undefined) runWithoutSpan(record);
      else record();
    };
  }

  // Why acquire and release instead of `inc` and `dec`: the gauge may be cleared while the request is in flight.
  #acquireActive(method: string, scheme: string): SeriesId | undefined {
    const active = this.#active;
    const series = active.lookup(method, scheme, undefined) ?? active.getOrCreate([method, scheme], true);
    if (typeof series === 'number') {
      active.acquire(series);
      return series;
    }
    this.#recorder.dropped(this.#families.active, series, this.#site);
    return undefined;
  }

  /** The label value of the route; `undefined` where it cannot be read, which is counted. */
  #readRoute(routeOf: RouteOf, method: string): unknown {
    try {
      const route = routeOf(method);
      if (typeof route === 'string' || !types.isPromise(route)) return route || '';
      // Why: a rejection must not become an unhandled rejection of the application.
      route.then(ignore, ignore);
      this.#drop('reader_promise');
    } catch (cause) {
      this.#drop('reader_threw', cause);
    }
    return undefined;
  }

  #drop(reason: DropReason, cause?: unknown): void {
    this.#duration.drop(reason, cause);
    this.#size.drop(reason, cause);
  }
}

/** A family of requests in a recorder, under the label names of a convention. */
class RecordedFamily {
  readonly #recorder: MetricsRecorder;
  readonly #family: Family;
  readonly #site: string;
  readonly #opened: FamilyRecorder;
  readonly #order: ReturnType<typeof labelOrder>;

  /** @throws MetricsError `family_clash` where the recorder has another family under this name. */
  constructor(recorder: MetricsRecorder, family: Family, convention: Convention, site: string) {
    this.#recorder = recorder;
    this.#family = family;
    this.#site = site;
    this.#opened = recorder.open(family, site);
    this.#order = labelOrder(convention);
  }

  /** Never throws: what cannot be recorded is dropped and counted. */
  observe(values: RequestLabelValues, value: number, exemplar: ExemplarLabels | undefined): void {
    try {
      const series = this.#opened.getOrCreate(this.#order(values), true);
      if (typeof series === 'number') this.#opened.observe(series, value, exemplar);
      else this.drop(series);
    } catch (cause) {
      this.drop('reader_threw', cause);
    }
  }

  drop(reason: DropReason, cause?: unknown): void {
    this.#recorder.dropped(this.#family, reason, this.#site, cause);
  }
}

/** Source: OpenTelemetry semantic conventions, "HTTP metrics", `error.type`. */
function errorTypeOf(status: string, isComplete: boolean): string {
  if (status.startsWith('5')) return status;
  return isComplete && status !== '' ? '' : abortedRequest;
}

const ignore = (): void => undefined;
