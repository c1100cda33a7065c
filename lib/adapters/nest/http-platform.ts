import { type IncomingMessage, ServerResponse } from 'node:http';
import type { TrackRequest } from '../../http/request-metrics.js';
import { trackWritesByPrototype } from '../../http/response-tracker.js';
import { handleScrape } from '../../http/scrape-handler.js';
import type { Scrapable } from '../../store/exposed-family.js';
import type { HttpAdapter, NestRequest, NestResponse } from './nest-shapes.js';

interface ExpressRoute {
  readonly path?: unknown;
  readonly methods?: Readonly<Record<string, boolean | undefined>>;
}

/** The request of Express when a route has run. */
interface ExpressRequest extends IncomingMessage {
  readonly route?: ExpressRoute;
}

interface ExpressRouter {
  readonly stack: readonly { readonly route?: ExpressRoute }[];
}

interface ExpressApplication {
  /** Express 4. */
  readonly _router?: ExpressRouter;
  /** Express 5. */
  readonly router?: ExpressRouter;
  use(middleware: (request: ExpressRequest, response: ServerResponse, next: () => void) => void): unknown;
}

interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly is404: boolean;
  readonly routeOptions: { readonly url?: string };
}

interface FastifyApplication {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequest, reply: { readonly raw: ServerResponse }, done: () => void) => void,
  ): unknown;
}

/** Measures the requests of an application. It runs before everything that is added to the application later. */
type Measure = (application: unknown, track: TrackRequest, isMeasured: (url: string) => boolean) => void;

/** How the requests of each of Nest's HTTP platforms are measured, by the type that the platform's adapter says. */
const platforms: ReadonlyMap<string, Measure> = new Map<string, Measure>([
  [
    'express',
    (application, track, isMeasured) => {
      (application as ExpressApplication).use((request, response, next) => {
        trackWritesByPrototype(response, ServerResponse);
        if (isMeasured(request.url ?? '')) track(request, response, (method) => expressRoute(request, method));
        next();
      });
    },
  ],
  [
    'fastify',
    (application, track, isMeasured) => {
      (application as FastifyApplication).addHook('onRequest', (request, reply, done) => {
        if (isMeasured(request.raw.url ?? '')) {
          track(request.raw, reply.raw, () => (request.is404 ? undefined : request.routeOptions.url));
        }
        done();
      });
    },
  ],
]);

/** Whether this is an adapter whose requests can be measured and answered. */
export const isHttpPlatform = (adapter: HttpAdapter | undefined): adapter is HttpAdapter =>
  typeof adapter?.getType === 'function' && platforms.has(adapter.getType());

/** Measures the requests of the application behind an adapter, but for those of its own path of metrics. */
export function measureRequests(adapter: HttpAdapter, track: TrackRequest, metricsPath: string | undefined): void {
  const own = metricsPath === undefined ? undefined : comparable(metricsPath);
  platforms.get(adapter.getType())?.(
    adapter.getInstance(),
    track,
    (url) => own === undefined || comparable(url) !== own,
  );
}

/**
 * Finds a route that requests no longer reach, because this path was registered first; `undefined` where there is none.
 * Fastify itself refuses a second route of one path.
 */
export function findHiddenRoute(adapter: HttpAdapter, path: string): string | undefined {
  if (adapter.getType() !== 'express') return undefined;
  const application = adapter.getInstance() as ExpressApplication;
  // Why in this order: the property `router` of Express 4 throws.
  const { stack = [] } = ('_router' in application ? application._router : application.router) ?? {};
  const paths = stack.flatMap(({ route }) => (route?.methods?.['get'] ? [route.path] : []));
  const [, hidden] = paths.filter((one) => typeof one === 'string' && comparable(one) === comparable(path));
  return hidden as string | undefined;
}

/**
 * The path of a URL as Express compares it, which takes `/Metrics/` for `/metrics`.
 *
 * Why a loop: an expression for the slashes at the end takes 0.2 s for a URL of 15,000 slashes and a letter.
 */
function comparable(url: string): string {
  const [path = ''] = url.split('?', 1);
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end).toLowerCase();
}

/**
 * The pattern of the route that ran last. Nest registers each route with its whole path: prefix, version and all.
 *
 * Why the methods are asked for: Express enters a route for a HEAD also where the route does not answer it.
 */
function expressRoute({ route }: ExpressRequest, method: string): unknown {
  const { path, methods } = route ?? {};
  if (method === 'HEAD' && methods !== undefined && !methods['get'] && !methods['head'] && !methods['_all'])
    return undefined;
  return typeof path === 'string' ? path : path?.toString();
}

/** Serves the metrics at a path of the application. Why by the adapter: a controller would get the global prefix. */
export function serveAtPath(adapter: HttpAdapter, path: string, recorder: Scrapable): void {
  adapter.get(path, (request, response) => answerScrape(recorder, request, response));
}

async function answerScrape(recorder: Scrapable, request: NestRequest, response: NestResponse): Promise<void> {
  const { raw = response as ServerResponse } = response;
  if (response.hijack !== undefined) {
    // Why copied: hooks of the application (security headers, for example) have set them on Fastify's reply.
    for (const [name, value] of Object.entries(response.getHeaders?.() ?? {})) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    response.hijack();
  }
  await handleScrape(recorder, request.raw ?? (request as IncomingMessage), raw);
}
