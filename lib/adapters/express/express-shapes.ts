/*
 * The parts of Express 4 and 5 that are used, by shape. They are public properties of its objects, and all may be absent:
 * whatever else is found there leads to a route without the part that is not understood.
 */

/** What `app.get('/teams/:team')` makes. */
export interface Route {
  readonly path?: unknown;
  readonly methods?: { readonly [method: string]: boolean | undefined };
}

/** One entry of a router: a route, or what `use()` was given. */
export interface Layer {
  readonly name?: string;
  readonly route?: Route | undefined;
  readonly handle?: unknown;
  /** The paths as they were given. Only in Express 5, from `router` 2.3 on. */
  readonly rawPath?: unknown;
  /** One for each path. Only in Express 5. */
  readonly matchers?: readonly ((path: string) => { readonly path: string; readonly params: object } | false)[];
  /** Whether it is for every path. Only in Express 5. */
  readonly slash?: boolean;
  /** One for all paths. Only in Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly { readonly name: string | number }[];
}

/** An application. It is the same function that `http.createServer()` takes. */
export interface Application {
  readonly parent?: Application;
  readonly mountpath?: unknown;
  /** Express 4. */
  readonly _router?: { readonly stack: readonly Layer[] };
  /** Express 5. In Express 4 it throws. */
  readonly router?: { readonly stack: readonly Layer[] };
}

/** The entries of an application's own router. */
export const layersOfApplication = (application: Application | undefined): readonly Layer[] => {
  if (application === undefined) return [];
  if ('_router' in application) return application._router?.stack ?? [];
  return application.router?.stack ?? [];
};

/** The entries of a router or of an application that stands in an entry; none where it is another function. */
export function layersOfHandle(handle: unknown): readonly Layer[] {
  if (typeof handle !== 'function') return [];
  if ('stack' in handle && Array.isArray(handle.stack)) return handle.stack;
  return 'mountpath' in handle ? layersOfApplication(handle as Application) : [];
}
