import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { formatValue, type Problem, refuseIfAny } from '../../error.js';
import { scrape } from '../../exposition/scrape.js';
import { metricsPathRule } from '../../http/metrics-path.js';
import { parseRequest, scrapeRequest } from '../../http/request-context.js';
import { requestMetrics } from '../../http/request-metrics.js';
import {
  type RequestMetricsOptions,
  refuseAdapterArguments,
  requestMetricsRules,
} from '../../http/request-metrics-options.js';
import { toBytesOrStream } from '../../http/send-response.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { checkRecorder } from '../../server/config/option-checks.js';
import type { Scrapable } from '../../store/exposed-family.js';
import { problem, type Rules, type Unchecked } from '../../validation.js';

/** The options of `metricsPlugin`. Every option may be left out. */
export interface MetricsPluginOptions extends RequestMetricsOptions {
  /**
   * The path at which the application itself serves the metrics, for example `/metrics`. Anyone who can reach it can read
   * your metrics. Default: none; serve them on a port of their own with `MetricsServer`.
   */
  readonly path?: string;
}

/** The part of Fastify's request and reply that is used, by shape: the public types name no framework. */
export interface FastifyExchange {
  readonly request: {
    readonly raw: object;
    readonly is404: boolean;
    readonly routeOptions: { readonly url?: string | undefined; readonly config: object };
  };
  readonly reply: {
    readonly raw: object;
    code(status: number): unknown;
    headers(values: Record<string, string>): unknown;
    send(payload?: unknown): unknown;
  };
}

type Request = FastifyExchange['request'];
type Reply = FastifyExchange['reply'];

/** The part of a Fastify application that is used. */
export interface FastifyApplication {
  addHook(name: 'onRequest', hook: (request: Request, reply: Reply, done: () => void) => void): unknown;
  route(route: {
    method: string[];
    url: string;
    config: object;
    handler: (request: Request, reply: Reply) => Promise<unknown>;
  }): unknown;
}

/** What `application.register()` takes. */
export type MetricsPlugin = (application: FastifyApplication) => Promise<void>;

const site = 'metricsPlugin';

const ownRules: Rules = { path: metricsPathRule };

/** Marks the configuration of the route that serves the metrics. */
const servesMetrics = Symbol('servesMetrics');

/**
 * Makes a plugin of Fastify that measures the requests of the whole application:
 * `http_server_request_duration_seconds` by method, route and status code, `http_server_active_requests` by method, and
 * `http_server_response_body_size_bytes`. With `path` the application serves the metrics there, and does not measure that.
 *
 * Register it first: a request that an earlier hook answers is not measured. A request ends with the last byte of its
 * response, or when its client goes away, also where the reply is a stream or was hijacked. Its route is the pattern that
 * Fastify matched. It is never the path.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of these names. `register()` fails where it is given an option of this function, which would do nothing there.
 * @example
 * import Fastify from 'fastify';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { metricsPlugin } from 'flowplane-metrics/fastify';
 *
 * const application = Fastify();
 * await application.register(metricsPlugin(new PrometheusRecorder(), { path: '/metrics' }));
 * application.get('/teams/:team', async () => 'payments');
 */
export function metricsPlugin(
  recorder: MetricsRecorder & Scrapable,
  options: MetricsPluginOptions = {},
): MetricsPlugin {
  refuseAdapterArguments(site, recorder, options, ownRules);
  const { path, ...requestOptions } = options;
  if (path !== undefined) refuseIfAny(site, checkRecorder(recorder));
  const track = requestMetrics(recorder, requestOptions, site);
  const plugin = async (application: FastifyApplication, registered?: unknown): Promise<void> => {
    refuseIfAny(site, checkRegistered(registered));
    application.addHook('onRequest', (request, reply, done) => {
      if (!(servesMetrics in request.routeOptions.config)) {
        track(request.raw as IncomingMessage, reply.raw as ServerResponse, () => routeOf(request));
      }
      done();
    });
    if (path === undefined) return;
    const handler = (request: Request, reply: Reply): Promise<unknown> => answerScrape(recorder, request, reply);
    application.route({ method: ['GET', 'HEAD'], url: path, config: { [servesMetrics]: true }, handler });
  };
  return Object.assign(plugin, marks);
}

// Source: Fastify, "Plugins Guide": these registered symbols say that the hooks are for the whole application, and not only
// for the plugin's own routes, and which versions serve. Why not `fastify-plugin`: it sets them, and nothing else.
const marks = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'flowplane-metrics',
  [Symbol.for('plugin-meta')]: { name: 'flowplane-metrics', fastify: '5.x' },
};

// Source: Fastify, "Plugins", "Plugin Options": these are options of register() itself.
const optionsOfRegister: readonly string[] = ['prefix', 'logLevel', 'logSerializers'];

const misplaceable = Object.keys({ ...requestMetricsRules, ...ownRules }).filter(
  (name) => !optionsOfRegister.includes(name),
);

/**
 * Checks what `register()` was given beside the plugin.
 *
 * Why only the names of our options: loaders such as `@fastify/autoload` hand their own options to every plugin.
 */
function checkRegistered(registered: unknown): Problem[] {
  const given = Object(registered) as Unchecked;
  return misplaceable.flatMap((name) => {
    const value = given[name];
    if (value === undefined) return [];
    const message = `"${name}" must be an option of ${site}() (given ${formatValue(value)} to register()).`;
    const remedy = `Write register(${site}(recorder, { ${name} })), or leave it out.`;
    return [problem('illegal_option', `${message} ${remedy}`)];
  });
}

// Why the 404 is asked for: the handler for unknown paths may stand under a pattern of its own, such as "/*".
const routeOf = ({ is404, routeOptions }: Request): string | undefined => (is404 ? undefined : routeOptions.url);

/** Answers by Fastify's reply, so that the hooks of the application (security headers, for example) apply. */
async function answerScrape(recorder: Scrapable, request: Request, reply: Reply): Promise<unknown> {
  const context = parseRequest(request.raw as IncomingMessage);
  const { status, headers, body } = await scrape(recorder, scrapeRequest(context));
  const payload = toBytesOrStream(body);
  reply.code(status);
  reply.headers({ ...headers });
  if (context.method !== 'HEAD') return reply.send(payload);
  if (payload instanceof Readable) payload.destroy();
  else reply.headers({ 'content-length': String(payload.length) });
  return reply.send();
}
