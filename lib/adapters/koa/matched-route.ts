/** The properties that `@koa/router` adds to the context, by shape. Only the router knows the patterns. */
interface RouterState {
  readonly matched?: unknown;
  readonly _matchedRoute?: unknown;
}

/** One entry of a router: a route, or a middleware of `router.use()`, which has no methods. */
interface Layer {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
}

/**
 * The pattern of the route that a request matched, for example `/teams/:team`, with the prefixes of nested routers;
 * `undefined` where none matched. A path whose pattern exists, but not for this method (405, OPTIONS), has that pattern too.
 *
 * Source: `@koa/router` 15, `ctx.matched`: every layer whose path matches, of every router that ran, in order;
 * `ctx._matchedRoute`: the path of the layer that ran last.
 */
export function matchedRoute(context: object, method: string): string | undefined {
  const { matched, _matchedRoute: last } = context as RouterState;
  if (!Array.isArray(matched)) return undefined;
  // Why not simply the last layer that ran: a middleware that answers instead of the route has a path as well.
  const route =
    matched.find((layer) => isRoute(layer) && layer.path === last) ??
    matched.find((layer) => isRoute(layer) && layer.methods.includes(method)) ??
    matched.find(isRoute);
  return route && formatPattern(route.path);
}

const isRoute = (layer: Partial<Layer> | undefined): layer is Layer =>
  Array.isArray(layer?.methods) && layer.methods.length > 0;

/** The pattern without the backslashes that escape literal characters, as in `/discovery\\:clusters`. */
const formatPattern = (path: string | RegExp): string =>
  typeof path === 'string' ? removeEscapes(path) : String(path);

// Why asked first: it runs for each request, and nearly no pattern has one.
const removeEscapes = (path: string): string => (path.includes('\\') ? path.replace(/\\(.)/g, '$1') : path);
