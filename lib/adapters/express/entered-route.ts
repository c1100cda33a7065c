import type { IncomingMessage } from 'node:http';
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
  /** The URL without that. */
  readonly url: string;
}

/** What the request of Express has beside that of `node:http`. */
interface ExpressRequest extends IncomingMessage {
  readonly app?: Application;
  readonly baseUrl?: string;
  [observed]?: Observed;
}

interface Observed {
  /** What `request.route` is. */
  value: unknown;
  route: Route | undefined;
  application: Application | undefined;
  outermost: Application | undefined;
  baseUrl: string;
  url: string;
}

// Why a registered symbol: where two copies of the package measure one request, the second must not take the first one's away.
const observed = Symbol.for('flowplane-metrics.express.route');

// Why the property of the request: Express writes `request.route` when it enters a route, and only then the request has the
// application and the base URL of that route. Both are reset when an error leaves a router. Nothing of Express itself is
// replaced, and what applications read from and write to the property is what it would be without this. Why shared by all
// requests: a closure for each would make every request an object of its own shape, which costs a microsecond.
const routeProperty: PropertyDescriptor & ThisType<ExpressRequest> = {
  configurable: true,
  enumerable: true,
  get() {
    return this[observed]?.value;
  },
  set(value: unknown) {
    const state = this[observed];
    if (state === undefined) return;
    state.value = value;
    if (!handles(value, this.method)) return;
    state.route = value;
    state.application = this.app;
    state.baseUrl = this.baseUrl ?? '';
    state.url = this.url ?? '';
  },
};

/** Remembers from now on which route the request enters. */
export function observeRoutes(request: ExpressRequest): void {
  if (request[observed] !== undefined) return;
  const { route: value } = request as { route?: unknown };
  // Why asked: a request that cannot be changed is left as it is.
  if (!Reflect.defineProperty(request, 'route', routeProperty)) return;
  request[observed] = {
    value,
    route: undefined,
    application: undefined,
    outermost: request.app,
    baseUrl: '',
    url: '',
  };
}

/** The route that the request has entered last; `undefined` where it has entered none. */
export function enteredRoute(request: ExpressRequest): EnteredRoute | undefined {
  const state = request[observed];
  return state?.route === undefined ? undefined : (state as EnteredRoute);
}

// Why asked for a HEAD only: Express enters every route whose path matches for it, and leaves again those that have no
// handler. Every other method enters only routes that have one.
function handles(value: unknown, method: string | undefined): value is Route {
  if (typeof value !== 'object' || value === null) return false;
  if (method !== 'HEAD') return true;
  const { methods } = value as Route;
  return methods === undefined || Boolean(methods['_all'] || methods['head'] || methods['get']);
}
