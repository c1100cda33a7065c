import type { EnteredRoute } from './entered-route.js';
import { type Application, type Layer, layersOfApplication, layersOfHandle, type Route } from './express-shapes.js';
import { formatPath, type LayerPath, pathsOf } from './layer-patterns.js';

/** The entries of routers that lead to a route, from the outside in. */
type Way = readonly Layer[];

/** What was found out about a route. */
interface KnownRoute {
  readonly application: Application | undefined;
  readonly outermost: Application | undefined;
  readonly ways: readonly Way[];
  /** The pattern, where it is the same for every request. */
  readonly constant: string | undefined;
}

const knownRoutes = new WeakMap<Route, KnownRoute>();

/**
 * The pattern of a route, with the paths of all mounts around it, for example `/api/:version/members/:member`.
 *
 * Express keeps the path of a route, but of the mounts around it only what they have matched. So the route is looked up in
 * the routers of the application, once: nearly always one way leads to it, and each mount on that way has one path. Where a
 * router is mounted twice, or a mount or route has a list of paths, the path of the request tells which of them it was.
 *
 * Why not a replay of the whole match: a handler may have called `next('route')`, and only Express knows which route ran
 * last. Why no wrapper around entries of routers: it would stand in the stack traces and in the way of others that wrap them.
 */
export function patternOf(entered: EnteredRoute | undefined): string | undefined {
  if (entered === undefined) return undefined;
  const { route, application, outermost } = entered;
  const known = knownRoutes.get(route);
  if (known !== undefined && known.application === application && known.outermost === outermost) {
    const pattern = known.constant ?? matchWays(known.ways, entered);
    if (pattern !== undefined) return pattern;
  }
  const ways = waysTo(entered);
  const constant = ways.length === 1 ? constantPattern(ways[0] as Way) : undefined;
  knownRoutes.set(route, { application, outermost, ways, constant });
  return constant ?? matchWays(ways, entered) ?? matchMounts(entered);
}

function waysTo({ route, application, outermost }: EnteredRoute): Way[] {
  const inner = waysAmong(layersOfApplication(application), (layer) => layer.route === route);
  return waysToApplication(application, outermost).flatMap((outer) => inner.map((way) => [...outer, ...way]));
}

/** The ways to an application from the outermost one. */
function waysToApplication(application: Application | undefined, outermost: Application | undefined): Way[] {
  if (application === undefined) return [[]];
  const { parent } = application;
  if (parent !== undefined) {
    const mounts = mountsOf(application, layersOfApplication(parent));
    return waysToApplication(parent, outermost).flatMap((outer) => mounts.map((layer) => [...outer, layer]));
  }
  if (application === outermost || outermost === undefined) return [[]];
  // Why: an application that a router was given has no parent.
  const ways = waysAmong(layersOfApplication(rootOf(outermost)), (layer) => layer.handle === application);
  return ways.length === 0 ? [[]] : ways;
}

function rootOf(application: Application): Application {
  let root = application;
  while (root.parent !== undefined) root = root.parent;
  return root;
}

/**
 * The entries that may stand for an application that this one was given.
 *
 * Why by name and path: Express puts a function of its own, `mounted_app`, around the application. Nothing leads from that
 * to the application. The path that it was mounted at last is tried first, and then the others: it may be mounted twice.
 */
function mountsOf({ mountpath }: Application, layers: readonly Layer[]): Layer[] {
  const mounts = layers.filter(({ name }) => name === 'mounted_app');
  const path = formatMount([mountpath].flat(Infinity));
  const isSame = (layer: Layer): boolean => formatMount(pathsOf(layer).map(({ pattern }) => pattern)) === path;
  return [...mounts.filter(isSame), ...mounts.filter((layer) => !isSame(layer))];
}

const formatMount = (paths: readonly unknown[]): string =>
  paths.map((path) => (path === '' ? '/' : formatPath(path))).join();

/** Finds every way to a wanted entry, through these entries and the routers in them. */
function waysAmong(
  layers: readonly Layer[],
  isWanted: (layer: Layer) => boolean,
  outer: ReadonlySet<unknown> = new Set(),
): Way[] {
  // Why: a router may be mounted in itself.
  if (outer.has(layers)) return [];
  const visited = new Set(outer).add(layers);
  return layers.flatMap((layer) => {
    if (isWanted(layer)) return [[layer]];
    if (layer.route !== undefined) return [];
    return waysAmong(layersOfHandle(layer.handle), isWanted, visited).map((way) => [layer, ...way]);
  });
}

/** The pattern of a way on which each entry has one path. */
function constantPattern(way: Way): string | undefined {
  const patterns: string[] = [];
  for (const layer of way) {
    const [path, ...others] = pathsOf(layer);
    if (path?.pattern === undefined || others.length > 0) return undefined;
    patterns.push(path.pattern);
  }
  return joinPatterns(patterns);
}

const joinPatterns = (patterns: readonly string[]): string =>
  patterns.map((pattern) => (pattern === '/' ? '' : pattern)).join('') || '/';

/** The pattern of the first way that the path of the request can have taken. */
function matchWays(ways: readonly Way[], { baseUrl, url }: EnteredRoute): string | undefined {
  const path = baseUrl + pathnameOf(url);
  for (const way of ways) {
    const patterns = matchWay(way, path);
    if (patterns !== undefined) return joinPatterns(patterns);
  }
  return undefined;
}

function matchWay(way: Way, path: string): string[] | undefined {
  const patterns: string[] = [];
  let left = path;
  for (const layer of way) {
    const match = matchLayer(layer, left);
    if (match === undefined) return undefined;
    patterns.push(match.pattern);
    left = afterMount(left, match.length);
  }
  return patterns;
}

function matchLayer(layer: Layer, path: string): ReturnType<LayerPath['match']> {
  for (const one of pathsOf(layer)) {
    const match = one.match(path);
    if (match !== undefined) return match;
  }
  return undefined;
}

/** What Express hands on after a mount has matched so much of a path. */
function afterMount(path: string, length: number): string {
  const left = path.slice(length);
  return left.startsWith('/') ? left : `/${left}`;
}

/**
 * The pattern of a route that no router of the application has, because a function of the application calls that router.
 *
 * The path of the mounts around it then tells which of the application's mounts led there. What they do not explain is `*`.
 */
function matchMounts({ route, application, baseUrl }: EnteredRoute): string {
  const path = baseUrl === '' ? [] : findMounts(layersOfApplication(application && rootOf(application)), baseUrl);
  const own = [route.path].flat(Infinity).map(formatPath).join();
  return joinPatterns([...(path ?? ['/*']), own]);
}

/** The patterns of the mounts that together have matched all of this path. */
function findMounts(
  layers: readonly Layer[],
  path: string,
  outer: ReadonlySet<unknown> = new Set(),
): string[] | undefined {
  if (outer.has(layers)) return undefined;
  const visited = new Set(outer).add(layers);
  for (const layer of layers) {
    const match = layer.route === undefined ? matchLayer(layer, path) : undefined;
    if (match === undefined) continue;
    const left = afterMount(path, match.length);
    if (left === '/' && match.length > 0) return [match.pattern];
    const inner = findMounts(layersOfHandle(layer.handle), left, visited);
    if (inner !== undefined) return [match.pattern, ...inner];
  }
  return undefined;
}

/** The path of a URL, which may be absolute: a proxy's client writes it so. */
const pathnameOf = (url: string): string => url.replace(/^[^/?#]+:\/\/[^/?#]*/, '').replace(/[?#].*/s, '');
