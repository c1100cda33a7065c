import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, unknownOptions, unless } from '../../definition/family-problems.js';
import { type Problem, refuseIfAny, shown } from '../../error.js';
import type { FamilyRecorder, MetricsRecorder, Place } from '../../recorder/metrics-recorder.js';
import { activeRequests, durations, type ExchangeMetric, methodLabel, responseSize } from './http-families.js';
import { countSentBytes } from './sent-bytes.js';

/** What `httpMetrics` takes. */
export interface HttpMetricsOptions {
  /**
   * What the durations are called: as OpenTelemetry calls them, or, for those who migrate, as express-prom-bundle does.
   * Default `'opentelemetry'`.
   */
  readonly names?: keyof typeof durations;
}

/** The part of Koa's context that is used, by shape; the router writes which route has matched. */
export interface RoutedContext {
  readonly method: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly _matchedRoute?: unknown;
  readonly matched?: readonly { readonly path: unknown; readonly methods: readonly string[] }[];
}

/** A middleware, by shape: what `app.use()` takes. */
export type HttpMetricsMiddleware = (context: RoutedContext, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Measures the requests of a Koa application: durations as `http_server_request_duration_seconds{http_request_method,
 * http_route,http_response_status_code}`, sizes of the answers as `http_server_response_body_size_bytes`, and those under way
 * as `http_server_active_requests`. Use it before everything else.
 *
 * The route is the pattern that @koa/router has matched, never the path; without a match the label is absent. The status is
 * absent where the client was gone before an answer was begun.
 *
 * @throws MetricsError where an option is wrong, or another family has one of the names.
 */
export function httpMetrics(recorder: MetricsRecorder, options: HttpMetricsOptions = {}): HttpMetricsMiddleware {
  refuseIfAny('httpMetrics', problems(options));
  const duration: ExchangeMetric = durations[options.names ?? 'opentelemetry'];
  for (const { family } of [duration, responseSize]) recorder.open(family, 'httpMetrics');
  const active = recorder.open(activeRequests, 'httpMetrics');
  return (context, next) => {
    const began = recorder.now();
    const method = methodLabel(context.method);
    const leave = entered(active, method);
    const sentBytes = countSentBytes(context.res);
    // Why on close: it comes once, whether the answer was sent, was cut short, or never began.
    context.res.once('close', () => {
      leave();
      const exchange = { method, route: routeOf(context), status: statusOf(context.res) };
      duration.observe(recorder, exchange, recorder.now() - began);
      responseSize.observe(recorder, exchange, context.method === 'HEAD' ? 0 : sentBytes());
    });
    return next();
  };
}

/** Counts one more under way; gives who takes it back, from the same series whatever happens to that. */
function entered(active: FamilyRecorder, method: string): () => void {
  const place: Place | string = active.place([method], true);
  if (typeof place !== 'number') return () => undefined;
  active.enter(place);
  return () => active.leave(place);
}

const statusOf = ({ headersSent, statusCode }: ServerResponse): number | '' => (headersSent ? statusCode : '');

/** The pattern of the route that has matched; where only another method has one, such as for OPTIONS, that. */
function routeOf({ _matchedRoute, matched = [] }: RoutedContext): string {
  const pattern = _matchedRoute ?? matched.findLast(({ methods }) => methods.length > 0)?.path;
  if (pattern === undefined) return '';
  // What the router's patterns escape is meant as it is read.
  return typeof pattern === 'string' ? pattern.replace(/\\(.)/g, '$1') : String(pattern);
}

function problems(options: unknown): Problem[] {
  if (!isObject(options)) {
    return unless(
      false,
      'illegal_option',
      () => `the options must be an object (given ${shown(options)}). Leave them out.`,
    );
  }
  const { names = 'opentelemetry' } = options;
  return [
    ...unknownOptions(options, ['names']),
    ...unless(
      Object.hasOwn(durations, String(names)),
      'illegal_option',
      () =>
        `"names" must be one of ${Object.keys(durations).join(', ')} (given ${shown(names)}). Leave it out for the first.`,
    ),
  ];
}
