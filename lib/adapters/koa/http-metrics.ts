import type { IncomingMessage, ServerResponse } from 'node:http';
import { MetricsError, refuseIfAny, shown } from '../../error.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { countBodyBytes } from './body-bytes.js';
import { type HttpFamilies, httpFamilies, otherMethod } from './http-families.js';
import { type HttpMetricsOptions, httpMetricsProblems } from './http-metrics-options.js';
import { type Exchange, type HttpNames, httpNames } from './http-names.js';
import { matchedRoute } from './matched-route.js';

/** The part of Koa's context that is measured, by shape: the public types name no framework. */
export interface HttpContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** A middleware that hands on what `next` gives, by shape: what `app.use()` takes. */
export type HttpMiddleware = (context: HttpContext, next: () => Promise<unknown>) => Promise<unknown>;

const site = 'httpMetrics';

/**
 * Measures the requests of a Koa application: `http_server_request_duration_seconds` by method, route and status code,
 * `http_server_active_requests` by method, and `http_server_response_body_size_bytes`.
 *
 * Use it before everything else. A request ends when the last byte of its answer is handed over, or its client goes away;
 * its route is the pattern that @koa/router matched, and `unmatched` where there is none, never the path.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics".
 *
 * @throws MetricsError naming everything that is wrong with the options; `family_clash` where the recorder has another
 * family of one of these names.
 */
export function httpMetrics(recorder: MetricsRecorder, options: HttpMetricsOptions = {}): HttpMiddleware {
  refuseIfAny(site, httpMetricsProblems(options));
  const families = openFamilies(recorder, options);
  return (context, next) => {
    measure(recorder, families, context);
    return next();
  };
}

function openFamilies(recorder: MetricsRecorder, options: HttpMetricsOptions): HttpFamilies {
  if (typeof recorder?.open !== 'function') {
    const message = `"recorder" must be a recorder (given ${shown(recorder)}). Write httpMetrics(new PrometheusRecorder()).`;
    throw new MetricsError(site, [{ code: 'illegal_option', message }]);
  }
  const families = httpFamilies(options);
  for (const family of [families.duration, families.size, families.active]) recorder.open(family, site);
  return families;
}

function measure(recorder: MetricsRecorder, families: HttpFamilies, context: HttpContext): void {
  const { req, res } = context;
  const began = recorder.now();
  const method = families.methods.has(req.method ?? '') ? String(req.method) : otherMethod;
  const leave = enter(recorder, families, method);
  const bodyBytes = countBodyBytes(res);
  whenEnded(res, () => {
    leave();
    const seconds = recorder.now() - began;
    const exchange = {
      method,
      route: matchedRoute(context, String(req.method)) ?? 'unmatched',
      status: res.headersSent ? String(res.statusCode) : '',
    };
    const { duration, size, names } = families;
    const labels = labelled(names, { ...exchange, status: exchange.status || names.unanswered });
    recorder.histogram(duration).observe(labels, seconds);
    if (res.headersSent) recorder.histogram(size).observe(labelled(httpNames.opentelemetry, exchange), bodyBytes());
  });
}

// Why a lease and not `inc` and `dec`: the gauge may be cleared while the request is in flight.
function enter(recorder: MetricsRecorder, { active }: HttpFamilies, method: string): () => void {
  const gauge = recorder.open(active, site);
  const place = gauge.find(method, undefined, undefined) ?? gauge.place([method], true);
  if (typeof place === 'number') {
    gauge.enter(place);
    return () => gauge.leave(place);
  }
  recorder.dropped(active, place, site);
  return () => undefined;
}

/** Calls once: when the answer is complete, or can no longer be. */
function whenEnded(response: ServerResponse, listener: () => void): void {
  if (response.destroyed || response.writableFinished) {
    listener();
    return;
  }
  const ended = (): void => {
    response.off('finish', ended).off('close', ended);
    listener();
  };
  response.on('finish', ended).on('close', ended);
}

// Why `never`: which labels there are is chosen at run time, and no type says so.
const labelled = ({ labels }: HttpNames, exchange: Exchange): Readonly<Record<string, never>> =>
  Object.fromEntries(Object.entries(labels).map(([label, part]) => [label, exchange[part] as never]));
