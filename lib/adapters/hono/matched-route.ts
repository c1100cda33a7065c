/** A function that Hono calls. */
interface HonoHandler {
  readonly length: number;
  readonly __COMPOSED_HANDLER?: HonoHandler;
}

/** A route or a middleware of Hono, by shape. */
export interface HonoRoute {
  readonly method: string;
  readonly path: string;
  readonly handler: HonoHandler;
}

/** What Hono knows of the routes of a request. */
interface MatchedRoutes {
  /** Which of the matched routes has run last. */
  readonly routeIndex: number;
  /** All routes and middleware whose path matches, in the order in which they run. */
  readonly matchedRoutes: readonly HonoRoute[];
}

/**
 * The pattern of the route that has run last, for example `/teams/:team`, with the paths of `route()` and `basePath()`;
 * `undefined` where none matched. Where a middleware has answered in the place of a route, it is the route behind that.
 *
 * Source: Hono 4, `HonoRequest.matchedRoutes` and `routeIndex`; `hono/dev`, which tells middleware and handlers apart in the
 * same way. A middleware has a path of its own, such as `/*`, also where no route matches.
 */
export function matchedRoute({ routeIndex, matchedRoutes }: MatchedRoutes): string | undefined {
  for (let i = routeIndex; i < matchedRoutes.length; i++) {
    const route = matchedRoutes[i] as HonoRoute;
    if (!isMiddleware(route)) return route.path;
  }
  return undefined;
}

// Why the number of parameters: `use()` and `all()` make the same entries, and a middleware takes `next`.
const isMiddleware = ({ method, handler }: HonoRoute): boolean => method === 'ALL' && innermost(handler).length > 1;

/** The handler itself, where `route()` has put the error handler of an application around it. */
function innermost(handler: HonoHandler): HonoHandler {
  let inner = handler;
  while (inner.__COMPOSED_HANDLER !== undefined) inner = inner.__COMPOSED_HANDLER;
  return inner;
}
