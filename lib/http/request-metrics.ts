import type { ServerResponse } from 'node:http';
import { types } from 'node:util';
import { type DropReason, refuseIfAny } from '../error.js';
import type { Family } from '../families/family.js';
import { kinds } from '../families/kinds.js';
import { refuseUnlessRecorder } from '../recorder/attach.js';
import type { FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { claimFamilies } from './claimed-families.js';
import type { NodeRequest, NodeResponse } from './http-messages.js';
import {
  type Convention,
  conventions,
  defineRequestFamilies,
  otherMethod,
  type RequestFamilies,
  type RequestLabels,
} from './request-families.js';
import { checkRequestMetricsOptions, type RequestMetricsOptions } from './request-metrics-options.js';
import { readScheme, type Scheme } from './request-scheme.js';
import { onResponseEnd, trackResponse } from './response-tracker.js';

/**
 * Returns the route that a request matched, for example `/teams/:team`, or nothing where none matched. It is called once,
 * when the response has ended, with the method of the request. Never return the path itself: each path would be a series.
 */
export type RouteOf = (method: string) => unknown;

/** Tracks one request from now until its response ends, and records it then. */
export type TrackRequest = (request: NodeRequest, response: NodeResponse, routeOf: RouteOf) => void;

/**
 * Measures the requests of an application on `node:http`, for any web framework:
 * `http_server_request_duration_seconds` by method, route, status code, scheme and type of error,
 * `http_server_active_requests` by method and scheme, and `http_server_response_body_size_bytes`. The framework's adapter
 * supplies only the route; the scheme comes from the request's `socket` and `headers`.
 *
 * A request ends with the last byte of its response, or when that is cut off; without a response it has no status code.
 * A request without a route has no label for it. The type of error is the status code from 500 on, and `aborted` where the
 * response was cut off. A route that throws is counted as a drop and never reaches the application.
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
  const { trustProxy = false } = options;
  return (request, response, routeOf) => {
    const claimed = metrics.claim(response as ServerResponse);
    if (claimed.size === 0) return;
    const arrived = { method: String(request.method), scheme: readScheme(request, trustProxy) };
    trackRequest(metrics.start(arrived, claimed, routeOf), response as ServerResponse);
  };
}

/** Reads from `node:http` what the metrics need of a response: its end, its status and its size. */
function trackRequest(end: EndRequest, response: ServerResponse): void {
  const tracker = trackResponse(response);
  onResponseEnd(response, (isComplete) => {
    const status = tracker.hasStatus() ? String(response.statusCode) : '';
    end({ status, error: errorOf(status, isComplete) }, tracker.bodyBytes());
  });
}

/**
 * The type of the error that a request ended with; empty where it was none.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP server", `error.type`: the status code where it says that the server
 * failed, otherwise a name of few. Why not the name of what was thrown: each framework hides it in another way.
 */
function errorOf(status: string, isComplete: boolean): string {
  if (status.length === 3 && status.startsWith('5')) return status;
  return isComplete && status !== '' ? '' : aborted;
}

/** The type of the error where the client, or the application itself, ended the response before it was complete. */
const aborted = 'aborted';

/** What is known of a request when it arrives. */
interface Arrived {
  readonly method: string;
  readonly scheme: Scheme;
}

/** How a response ended. The status is empty where the client got none, the error where there was none. */
interface Ended {
  readonly status: string;
  readonly error: string;
}

/** Records a request whose response has ended. */
type EndRequest = (ended: Ended, bodyBytes: number) => void;

/** A histogram of requests, and which of its label values comes first, second and so on. */
class RequestHistogram {
  readonly #recorder: MetricsRecorder;
  readonly #family: Family<'histogram'>;
  readonly #site: string;
  readonly #opened: FamilyRecorder;
  readonly #order: readonly Label[];
  /** The label values of the latest observation. Why kept: a list for each request is garbage. */
  readonly #values: unknown[] = [];

  constructor(recorder: MetricsRecorder, family: Family<'histogram'>, convention: Convention, site: string) {
    this.#recorder = recorder;
    this.#family = family;
    this.#site = site;
    this.#opened = recorder.open(family, site);
    this.#order = Object.values(convention.labels<Label>(labelNames));
  }

  /** Never throws, but for a strict recorder: it runs inside the response of the application. */
  observe(labels: RequestLabels<unknown>, value: number): void {
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      reason = kinds.histogram.refuse(value) ?? this.#observeFinite(labels, value);
    } catch (thrown) {
      reason = 'reader_threw';
      cause = thrown;
    }
    if (reason !== undefined) this.#recorder.dropped(this.#family, reason, this.#site, cause);
  }

  #observeFinite(labels: RequestLabels<unknown>, value: number): DropReason | undefined {
    const values = this.#values;
    const order = this.#order;
    for (let i = 0; i < order.length; i++) values[i] = labels[order[i] as Label];
    const series = this.#opened.getOrCreate(values, true);
    if (typeof series !== 'number') return series;
    this.#opened.observe(series, value);
    return undefined;
  }
}

type Label = keyof RequestLabels<unknown>;

const labelNames: RequestLabels<Label> = {
  method: 'method',
  route: 'route',
  status: 'status',
  scheme: 'scheme',
  error: 'error',
};

/** Records requests. It knows what their labels say and their size, and nothing of how they are transported. */
class RequestMetrics {
  readonly #recorder: MetricsRecorder;
  readonly #families: RequestFamilies;
  readonly #site: string;
  readonly #all: ReadonlySet<Family>;
  readonly #duration: RequestHistogram;
  readonly #size: RequestHistogram;
  readonly #active: FamilyRecorder;

  /** @throws MetricsError `family_clash` where the recorder has another family under one of these names. */
  constructor(recorder: MetricsRecorder, families: RequestFamilies, site: string) {
    this.#recorder = recorder;
    this.#families = families;
    this.#site = site;
    this.#all = new Set<Family>([families.duration, families.size, families.active]);
    this.#duration = new RequestHistogram(recorder, families.duration, families.convention, site);
    this.#size = new RequestHistogram(recorder, families.size, conventions.opentelemetry, site);
    this.#active = recorder.open(families.active, site);
  }

  /** The families that are to record this response: those in which nobody records it yet. */
  claim(response: ServerResponse): ReadonlySet<Family> {
    return claimFamilies(this.#recorder, response, this.#all);
  }

  /** Counts a request as active. Returns the function that records it, in the claimed families, when it has ended. */
  start(arrived: Arrived, claimed: ReadonlySet<Family>, routeOf: RouteOf): EndRequest {
    const startedAt = this.#recorder.now();
    const { scheme } = arrived;
    const method = this.#families.methods.has(arrived.method) ? arrived.method : otherMethod;
    const release = claimed.has(this.#families.active) ? this.#acquireActive(method, scheme) : ignore;
    return ({ status, error }, bodyBytes) => {
      release();
      // Why not below 0: a test may put a fake clock in the place of the real one during a request.
      const seconds = Math.max(0, this.#recorder.now() - startedAt);
      const route = this.#readRoute(routeOf, arrived.method);
      if (route === undefined) return;
      const { duration, size, convention } = this.#families;
      if (claimed.has(duration)) {
        const shown = status || convention.statusWithoutResponse;
        this.#duration.observe({ method, route, status: shown, scheme, error }, seconds);
      }
      if (claimed.has(size) && status !== '') this.#size.observe({ method, route, status, scheme, error }, bodyBytes);
    };
  }

  // Why acquire and release instead of `inc` and `dec`: the gauge may be cleared while the request is in flight.
  #acquireActive(method: string, scheme: Scheme): () => void {
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
      if (!types.isPromise(route)) return route || this.#families.unmatchedRoute;
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

const ignore = (): void => undefined;
