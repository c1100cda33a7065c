import type { ServerResponse } from 'node:http';
import { types } from 'node:util';
import { type DropReason, refuseIfAny } from '../error.js';
import type { Family } from '../families/family.js';
import { findSampledSpan, runWithoutSpan } from '../recorder/active-span.js';
import { refuseUnlessRecorder } from '../recorder/attach.js';
import { FamilyHandle } from '../recorder/handles.js';
import type { FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { claimFamilies, unclaimedFamilies } from './claimed-families.js';
import { refuseUnlessOfNode } from './handed-over.js';
import type { NodeRequest, NodeResponse } from './http-messages.js';
import {
  abortedRequest,
  conventions,
  defineRequestFamilies,
  otherMethod,
  type RequestFamilies,
} from './request-families.js';
import { checkRequestMetricsOptions, type RequestMetricsOptions } from './request-metrics-options.js';
import { forwardedScheme, schemeOfConnection } from './request-scheme.js';
import { onResponseEnd } from './response-tracker.js';

/**
 * Returns the route that a request matched, for example `/teams/:team`, or nothing where none matched. It is called once,
 * when the response has ended, with the method of the request. Never return the path itself: each path would be a series.
 */
export type RouteOf = (method: string) => unknown;

/** Tracks one request from now until its response ends, and records it then. */
export type TrackRequest = (request: NodeRequest, response: NodeResponse, routeOf: RouteOf) => void;

/**
 * Measures the requests of an application on `node:http`, for any web framework:
 * `http_server_request_duration_seconds` by method, route and status code, `http_server_active_requests` by method, and
 * `http_server_response_body_size_bytes`. The framework's adapter supplies only the route.
 *
 * A request ends with the last byte of its response, or when its client goes away; without a response it has no status
 * code, and without a route no route. `error_type` is the status code of an answer of 500 and above, and `aborted` where the
 * answer did not get to its end. A route that throws is counted as a drop and never reaches the application.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @param site the name of the function that your users call, for error messages.
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of the names.
 * @example
 * import { createServer } from 'node:http';
 * import { PrometheusRecorder, requestMetrics } from 'flowplane-metrics';
 *
 * const track = requestMetrics(new PrometheusRecorder());
 * createServer((request, response) => {
 *   track(request, response, () => (request.url === '/teams' ? '/teams' : undefined));
 *   response.end('payments, search');
 * });
 */
export function requestMetrics(
  recorder: MetricsRecorder,
  options: RequestMetricsOptions = {},
  site = 'requestMetrics',
): TrackRequest {
  refuseIfAny(site, checkRequestMetricsOptions(options));
  refuseUnlessRecorder(site, recorder);
  const metrics = new RequestMetrics(recorder, defineRequestFamilies(options), site);
  const schemeOf = options.trustProxy ? forwardedScheme : schemeOfConnection;
  return (request, response, routeOf) => {
    refuseUnlessOfNode(site, request, response);
    const start = { method: String(request.method), scheme: schemeOf(request) };
    trackRequest(metrics, start, response as ServerResponse, routeOf);
  };
}

/** Reads from `node:http` what the metrics need: the end of the response, its status and its size. */
function trackRequest(metrics: RequestMetrics, start: RequestStart, response: ServerResponse, routeOf: RouteOf): void {
  const families = metrics.unclaimed(response);
  if (families.size === 0) return;
  const end = metrics.start(start, families, routeOf);
  const listener = onResponseEnd(response, ({ hasStatus, bodyBytes }, isComplete) => {
    const status = hasStatus ? String(response.statusCode) : '';
    end({ status, bodyBytes, isComplete });
  });
  metrics.claim(listener, families);
}

/** How a request has ended. */
interface RequestEnd {
  /** Empty where the client got no response. */
  readonly status: string;
  readonly bodyBytes: number;
  /** Whether the response was sent to its end. */
  readonly isComplete: boolean;
}

/** A request that has arrived. */
interface RequestStart {
  readonly method: string;
  readonly scheme: string;
}

/** Records requests. It knows their method, route, status and size, and nothing of how they are transported. */
class RequestMetrics {
  readonly #recorder: MetricsRecorder;
  readonly #families: RequestFamilies;
  readonly #site: string;
  readonly #all: ReadonlySet<Family>;
  readonly #duration: FamilyHandle;
  readonly #size: FamilyHandle;
  readonly #active: FamilyRecorder;

  /** @throws MetricsError `family_clash` where the recorder has another family under one of these names. */
  constructor(recorder: MetricsRecorder, families: RequestFamilies, site: string) {
    this.#recorder = recorder;
    this.#families = families;
    this.#site = site;
    this.#all = new Set<Family>([families.duration, families.size, families.active]);
    // Why opened here: a handle keeps a clash to itself until it records.
    for (const family of this.#all) recorder.open(family, site);
    this.#duration = new FamilyHandle(recorder, families.duration, site);
    this.#size = new FamilyHandle(recorder, families.size, site);
    this.#active = recorder.open(families.active, site);
  }

  /** The families that are to record this response: those in which nobody records it yet. */
  unclaimed(response: ServerResponse): ReadonlySet<Family> {
    return unclaimedFamilies(this.#recorder, response, this.#all);
  }

  /** Lets these families record the response that has this listener. */
  claim(listener: () => void, families: ReadonlySet<Family>): void {
    claimFamilies(listener, this.#recorder, families);
  }

  /** Counts a request as active. Returns the function that records it, in the claimed families, when it has ended. */
  start(request: RequestStart, claimed: ReadonlySet<Family>, routeOf: RouteOf): (end: RequestEnd) => void {
    const startedAt = this.#recorder.now();
    // Why now: when the response ends, another span may be active, or none.
    const span = findSampledSpan();
    const options = span && { exemplar: { trace_id: span.traceId, span_id: span.spanId } };
    const { scheme } = request;
    const method = this.#families.methods.has(request.method) ? request.method : otherMethod;
    const release = claimed.has(this.#families.active) ? this.#acquireActive(method, scheme) : ignore;
    return ({ status, bodyBytes, isComplete }) => {
      release();
      // Why not below 0: a test may put a fake clock in the place of the real one during a request.
      const seconds = Math.max(0, this.#recorder.now() - startedAt);
      const route = this.#readRoute(routeOf, request.method);
      if (route === undefined) return;
      const { duration, size, convention, unmatched } = this.#families;
      const error = errorTypeOf(status, isComplete);
      const record = (): void => {
        if (claimed.has(duration)) {
          const code = status || convention.statusWithoutResponse;
          const labels = { method, scheme, route: route || unmatched.duration, status: code, error };
          this.#duration.observe(convention.labels(labels), seconds, options);
        }
        if (claimed.has(size) && status !== '') {
          const labels = { method, scheme, route: route || unmatched.size, status, error };
          this.#size.observe(conventions.opentelemetry.labels(labels), bodyBytes, options);
        }
      };
      // Why: a request without a span must not get the one in which its response ends.
      if (span === undefined) runWithoutSpan(record);
      else record();
    };
  }

  // Why acquire and release instead of `inc` and `dec`: the gauge may be cleared while the request is in flight.
  #acquireActive(method: string, scheme: string): () => void {
    const active = this.#active;
    const series = active.lookup(method, scheme, undefined) ?? active.getOrCreate([method, scheme], true);
    if (typeof series === 'number') {
      active.acquire(series);
      return () => active.release(series);
    }
    this.#recorder.dropped(this.#families.active, series, this.#site);
    return () => undefined;
  }

  /** The label value of the route; `undefined` where it cannot be read, which is counted. */
  #readRoute(routeOf: RouteOf, method: string): unknown {
    try {
      const route = routeOf(method);
      if (!types.isPromise(route)) return route || '';
      // Why: a rejection must not become an unhandled rejection of the application.
      route.then(ignore, ignore);
      this.#drop('reader_promise');
    } catch (cause) {
      this.#drop('reader_threw', cause);
    }
    return undefined;
  }

  #drop(reason: DropReason, cause?: unknown): void {
    const { duration, size } = this.#families;
    for (const family of [duration, size]) this.#recorder.dropped(family, reason, this.#site, cause);
  }
}

/** Source: OpenTelemetry semantic conventions, "HTTP metrics", `error.type`. */
function errorTypeOf(status: string, isComplete: boolean): string {
  if (status.startsWith('5')) return status;
  return isComplete && status !== '' ? '' : abortedRequest;
}

const ignore = (): void => undefined;
