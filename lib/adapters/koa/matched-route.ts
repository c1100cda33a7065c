/** What @koa/router leaves in the context, by shape; it alone knows the patterns. */
interface Routed {
  readonly matched?: unknown;
  readonly _matchedRoute?: unknown;
}

/** One entry of a router: a route, or a middleware of `router.use()`, which has no methods. */
interface Layer {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
}

/**
 * The pattern of the route that a request was for, e.g. `/teams/:team`, with what nested routers put before it; `undefined`
 * where there is none. A path whose pattern is there, but not for this method (405, OPTIONS), has that pattern too.
 *
 * Source: @koa/router 15, `ctx.matched`: every layer whose path matches, of every router that was asked, in order;
 * `ctx._matchedRoute`: the path of the layer that ran last.
 */
export function matchedRoute(context: object, method: string): string | undefined {
  const { matched, _matchedRoute: last } = context as Routed;
  const routes = Array.isArray(matched) ? matched.filter(isRoute) : [];
  // Why not the last one that ran, whatever it is: a middleware that answers instead of the route has a path as well.
  const route =
    routes.find(({ path }) => path === last) ?? routes.find(({ methods }) => methods.includes(method)) ?? routes[0];
  return route && asRead(route.path);
}

const isRoute = (layer: Partial<Layer> | undefined): layer is Layer =>
  Array.isArray(layer?.methods) && layer.methods.length > 0;

/** A pattern without the backslashes before what it means as it stands, as in `/discovery\\:clusters`. */
const asRead = (path: string | RegExp): string =>
  typeof path === 'string' ? path.replace(/\\(.)/g, '$1') : String(path);
