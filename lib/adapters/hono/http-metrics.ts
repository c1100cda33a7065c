import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseIfAny } from '../../error.js';
import { type RouteOf, requestMetrics, type TrackRequest } from '../../http/request-metrics.js';
import { type RequestMetricsOptions, refuseAdapterArguments } from '../../http/request-metrics-options.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { checkValue, functionRule, isObject, type Rule, type Rules } from '../../validation.js';
import { FetchExchange } from './fetch-exchange.js';
import { type HonoRoute, matchedRoute } from './matched-route.js';

export type { HonoRoute } from './matched-route.js';

/** The part of Hono's context that is used, by shape: the public types name no framework. */
export interface HonoContext {
  readonly env: unknown;
  readonly req: {
    readonly raw: { readonly method: string; readonly url: string; readonly headers: object; readonly signal: object };
    readonly routeIndex: number;
    readonly matchedRoutes: readonly HonoRoute[];
  };
  /** Whether it has a response. */
  readonly finalized: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the types of a response differ between Node, Bun and Deno.
  res: any;
}

/** A middleware of Hono, typed by shape: what `app.use()` takes. */
export type HonoMiddleware = (context: HonoContext, next: () => Promise<unknown>) => Promise<void>;

/** Returns the route of a request whose response has ended. `pattern` is the pattern that Hono matched, if any. */
export type RouteReader = (context: HonoContext, pattern: string | undefined) => unknown;

/** The options of `httpMetrics`. Every option may be left out. */
export interface HonoMetricsOptions extends RequestMetricsOptions {
  /**
   * Returns the route where it is not the pattern that Hono matched, for example for requests that a middleware answers. At
   * most 500 routes keep their own label value. Where it throws, the request is not recorded, which is counted.
   */
  readonly route?: RouteReader;
}

const site = 'httpMetrics';

const adapterRules: Rules = {
  route: functionRule('Leave it out for the pattern that Hono matched'),
};

/**
 * Measures the requests of a Hono application: `http_server_request_duration_seconds` by method, route and status code,
 * `http_server_active_requests` by method, and `http_server_response_body_size_bytes`.
 *
 * Use it before everything that it should measure. On `@hono/node-server` a request ends with the last byte of its response,
 * or when its client goes away. Elsewhere it ends when the body of its response was read or cancelled. Its route is the
 * pattern that Hono matched, with the paths of `route()` and `basePath()`. It is never the path.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of these names.
 * @example
 * import { Hono } from 'hono';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { httpMetrics } from 'flowplane-metrics/hono';
 *
 * const application = new Hono();
 * application.use(httpMetrics(new PrometheusRecorder()));
 * application.get('/teams/:team', (context) => context.text(context.req.param('team')));
 */
export function httpMetrics(recorder: MetricsRecorder, options: HonoMetricsOptions = {}): HonoMiddleware {
  refuseAdapterArguments(site, recorder, options, adapterRules);
  const { route: readRoute = matchedPattern, ...requestOptions } = options;
  const track = requestMetrics(recorder, requestOptions, site);
  // Why nothing is returned: Hono would take what `next()` gives for a response.
  const measure: HonoMiddleware = async (context, next) => {
    const routeOf = () => readRoute(context, matchedRoute(context.req));
    if (isOnNode(context.env)) {
      track(context.env.incoming, context.env.outgoing, routeOf);
      await next();
      return;
    }
    await trackFetched(track, context, next, routeOf);
  };
  // Why not as a rejection: where it was mounted in Express 4, nothing looks at what it returns.
  return (context, next) => {
    refuseUnlessHono(context);
    return measure(context, next);
  };
}

const contextRule: Rule = {
  must: 'be that of Hono',
  accepts: (value) => isObject((value as Partial<HonoContext> | undefined)?.req?.raw),
  remedy: 'Import httpMetrics from the entry for your framework, for example flowplane-metrics/express',
  isRequired: true,
};

function refuseUnlessHono(context: unknown): void {
  if (!contextRule.accepts(context)) refuseIfAny(site, checkValue('"context"', contextRule, context));
}

/** The exchanges of Fetch that are measured. */
const exchanges = new WeakMap<object, FetchExchange>();

async function trackFetched(
  track: TrackRequest,
  context: HonoContext,
  next: () => Promise<unknown>,
  routeOf: RouteOf,
): Promise<void> {
  const { raw } = context.req;
  const earlier = exchanges.get(raw);
  if (earlier !== undefined) {
    track(earlier.req, earlier, routeOf);
    await next();
    return;
  }
  const exchange = new FetchExchange(raw);
  exchanges.set(raw, exchange);
  track(exchange.req, exchange, routeOf);
  try {
    await next();
  } catch (thrown) {
    exchange.destroy();
    throw thrown;
  }
  if (context.finalized) exchange.respond(context);
  else exchange.fail();
}

const matchedPattern: RouteReader = (_context, pattern) => pattern;

/** What `@hono/node-server` gives to the application. */
interface NodeBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

const isOnNode = (env: unknown): env is NodeBindings =>
  typeof env === 'object' && env !== null && 'incoming' in env && 'outgoing' in env;
