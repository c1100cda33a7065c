import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { formatError, formatValue, MetricsError } from './error.js';
import { findOwnPath } from './process-state.js';

/** Packages that something needs, and that are installed only by those who want it. */
export interface PeerUse {
  readonly packages: readonly [string, ...string[]];
  /** What they are needed for: `to serve metrics`. */
  readonly purpose: string;
  /** What installs them, in versions that serve: `koa@3`. */
  readonly install: string;
}

/**
 * The error where a peer is not installed, does not load, or is of a version that does not serve. `cause` is what was
 * thrown when it was imported or used.
 *
 * Why `import()` is not called here: bundlers let a package be absent only where it is imported inside `try`.
 */
export function peerError(site: string, { packages, purpose, install }: PeerUse, cause: unknown): MetricsError {
  const subject = packages.map((name) => `"${name}"`).join(' and ');
  const [noun, verb] = packages.length === 1 ? ['package', 'is'] : ['packages', 'are'];
  const message = `${noun} ${subject} ${verb} needed ${purpose} (given ${describe(packages, cause)}). Run: npm install ${install}.`;
  return new MetricsError(site, [{ code: 'missing_peer', message }], { cause });
}

/** Whether this was thrown because the package itself, and not one that it needs, is not installed, or has no such part. */
export function isAbsent(cause: unknown, name: string): boolean {
  const { code, message } = Object(cause) as { readonly code?: unknown; readonly message?: unknown };
  // Why the code only ends so: `import()` says ERR_MODULE_NOT_FOUND, and `require()` of a bundle MODULE_NOT_FOUND.
  return String(code).endsWith('MODULE_NOT_FOUND') && new RegExp(`["']${name}(?:/[^"']*)?["']`).test(String(message));
}

/** Gives what a package exports, by name. Why: not every loader finds the names in a package of CommonJS. */
export function exportsOf<T extends object>(module: T & { readonly default?: unknown }): T {
  const { default: whole } = module;
  return typeof whole === 'object' && whole !== null ? { ...(whole as T), ...module } : module;
}

/**
 * Gives the default export of a package: `import()` and `require()` of one package give it in different places.
 */
export function defaultOf<T>(module: { readonly default: T }): T {
  const { default: outer = module as T } = module;
  const { default: inner = outer } = outer as { readonly default?: T };
  return inner;
}

/** Says which versions were found, and what is wrong with them. */
function describe(packages: readonly string[], cause: unknown): string {
  const missing = packages.filter((name) => isAbsent(cause, name));
  const found = packages.flatMap((name) => (missing.includes(name) ? [] : (describeVersion(name) ?? [])));
  if (missing.length > 0) return found.length === 0 ? 'none that loads' : `only ${found.join(' and ')}`;
  return `${found.join(' and ') || 'an unknown version'}, with the error: ${formatFault(cause)}`;
}

const formatFault = (cause: unknown): string => formatError(cause)?.split('\n')[0] ?? formatValue(cause);

/** A package with the version that is installed, as this package finds it; `undefined` in a bundle. */
export function describeVersion(name: string): string | undefined {
  for (const folder of listFolders(findOwnPath())) {
    try {
      return `${name} ${JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version}`;
    } catch {
      // Why: it is not in this folder, so the next one is asked.
    }
  }
  return undefined;
}

/** The folders in which Node would look for a package. Why not by `createRequire`: webpack takes that for its own. */
function listFolders(from: string): readonly string[] {
  if (!isAbsolute(from)) return [];
  const above = dirname(from);
  return [join(from, 'node_modules'), ...(above === from ? [] : listFolders(above))];
}
