import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ResponseTracker, trackersOf } from '../../http/response-tracker.js';
import type { Application, Route } from './express-shapes.js';

/** The last route that a request has entered, and where that was. */
export interface EnteredRoute {
  readonly route: Route;
  /** The application that has the route. */
  readonly application: Application | undefined;
  /** The application that measures. */
  readonly outermost: Application | undefined;
  /** The path that the mounts around the route have matched. It is the path of the request, and no pattern. */
  readonly baseUrl: string;
  /** The URL of the request without `baseUrl`. */
  readonly url: string;
}

/** What the request of Express has beside that of `node:http`. */
interface ExpressRequest extends IncomingMessage {
  readonly app?: Application;
  readonly res?: ServerResponse;
  readonly baseUrl?: string;
}

/** What a request has entered so far. */
class RouteObserver {
  /** The route that the request has entered last; `undefined` where it has entered none. */
  entered: EnteredRoute | undefined;
  /** What `request.route` is. */
  value: unknown;
  readonly #outermost: Application | undefined;

  constructor({ app, route }: ExpressRequest & { readonly route?: unknown }) {
    this.#outermost = app;
    this.value = route;
  }

  remember(request: ExpressRequest, value: unknown): void {
    this.value = value;
    if (!handles(value, request.method)) return;
    const { app: application, baseUrl = '', url = '' } = request;
    this.entered = { route: value, application, outermost: this.#outermost, baseUrl, url };
  }
}

function observerOf(response: ServerResponse | undefined): RouteObserver | undefined {
  if (response === undefined) return undefined;
  for (const { observed } of trackersOf(response)) {
    if (observed instanceof RouteObserver) return observed;
  }
  return undefined;
}

// Why the property of the request: Express writes `request.route` when it enters a route, and only then the request has the
// application and the base URL of that route. Both are reset when an error leaves a router. What applications read from and
// write to the property is what it would be without this. Why shared by all requests: V8 keeps accessors among what is old, so
// that a closure for each would keep its request until the next full collection of garbage.
const routeProperty: PropertyDescriptor & ThisType<ExpressRequest> = {
  configurable: true,
  enumerable: true,
  get() {
    return observerOf(this.res)?.value;
  },
  set(value: unknown) {
    observerOf(this.res)?.remember(this, value);
  },
};

/**
 * Observes from now on which routes the request enters; gives nothing where the request cannot be observed.
 *
 * @param tracker what tracks its response, which carries what is observed; `undefined` where an earlier one does.
 */
export function observeRoutes(
  request: ExpressRequest,
  response: ServerResponse,
  tracker: ResponseTracker | undefined,
): RouteObserver | undefined {
  const known = observerOf(response);
  if (known !== undefined || tracker === undefined || request.res !== response) return known;
  const routes = new RouteObserver(request);
  tracker.observed = routes;
  // Why asked: a request that cannot be changed is left as it is.
  return Reflect.defineProperty(request, 'route', routeProperty) ? routes : undefined;
}

// Why asked for a HEAD only: Express enters every route whose path matches for it, and leaves again those that have no
// handler. Every other method enters only routes that have one.
function handles(value: unknown, method: string | undefined): value is Route {
  if (typeof value !== 'object' || value === null) return false;
  if (method !== 'HEAD') return true;
  const { methods } = value as Route;
  return methods === undefined || Boolean(methods['_all'] || methods['head'] || methods['get']);
}
