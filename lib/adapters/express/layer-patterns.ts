import type { Layer } from './express-shapes.js';

/** One of the paths for which an entry of a router stands. */
export interface LayerPath {
  /** The pattern; `undefined` where only a path that matches tells it. */
  readonly pattern: string | undefined;
  /** Matches the beginning of a path, or all of it for a route. */
  match(path: string): { readonly length: number; readonly pattern: string } | undefined;
}

const known = new WeakMap<Layer, readonly LayerPath[]>();

/** The paths of an entry: more than one where it was given a list. */
export function pathsOf(layer: Layer): readonly LayerPath[] {
  let paths = known.get(layer);
  if (paths === undefined) {
    paths = readPaths(layer);
    known.set(layer, paths);
  }
  return paths;
}

function readPaths(layer: Layer): readonly LayerPath[] {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return [everyPath];
  if (layer.matchers !== undefined) return readMatchers(layer, layer.matchers);
  return layer.regexp === undefined ? [] : readExpression(layer, layer.regexp);
}

const everyPath: LayerPath = { pattern: '', match: () => ({ length: 0, pattern: '' }) };

/** The pattern of a path that was given to Express. */
export const formatPath = (path: unknown): string =>
  path instanceof RegExp ? String(path) : removeEscapes(String(path)).replace(/(?<=.)\/$/, '');

// Why asked first: nearly no pattern has an escape, such as "/discovery\\:clusters".
const removeEscapes = (path: string): string => (path.includes('\\') ? path.replace(/\\(.)/g, '$1') : path);

/** The paths as they were given, where the entry has them. */
function givenPaths({ route, rawPath }: Layer): readonly string[] | undefined {
  const given = route === undefined ? rawPath : route.path;
  return given === undefined ? undefined : [given].flat(Infinity).map(formatPath);
}

/** Express 5 has a function for each path. */
function readMatchers(layer: Layer, matchers: NonNullable<Layer['matchers']>): LayerPath[] {
  const given = givenPaths(layer);
  return matchers.map((matcher, i) => {
    const pattern = given?.[i];
    return {
      pattern,
      match: (path) => {
        const match = matcher(path);
        return match === false || !match
          ? undefined
          : { length: match.path.length, pattern: pattern ?? insertNames(match.path, match.params) };
      },
    };
  });
}

/**
 * The path that a mount has matched, with the names of its parameters in the place of their values.
 *
 * Why: `router` before 2.3 does not keep the path of a mount. Why in small letters: it takes paths in any case, and each of
 * their spellings would be a series.
 */
function insertNames(path: string, params: object): string {
  const left = Object.entries(params).map(([name, value]) => ({ name, value: [value].flat().join('/') }));
  let pattern = path.toLowerCase();
  for (const { name, value } of left) {
    for (const written of [value, encodeURIComponent(value)]) {
      pattern = pattern.split(`/${written.toLowerCase()}`).join(`/:${name}`);
    }
  }
  return pattern;
}

/** Express 4 has one expression for all paths. It joins those of the paths, and each of them begins with `^`. */
function readExpression(layer: Layer, regexp: RegExp): LayerPath[] {
  const sources = regexp.source.split(/\|(?=\^)/);
  const given = givenPaths(layer);
  // Why: an expression of the application may itself have an alternative that begins so.
  const parts = given === undefined || given.length === sources.length ? sources : [regexp.source];
  let keyCount = 0;
  return parts.map((source, i) => {
    const part = new RegExp(source, regexp.flags);
    const keys = (layer.keys ?? []).slice(keyCount);
    keyCount += countGroups(source);
    const pattern =
      given === undefined ? formatSource(source, keys) : parts.length === given.length ? given[i] : given.join(',');
    return {
      pattern,
      match: (path) => {
        const match = part.exec(path);
        return match === null ? undefined : { length: match[0].length, pattern: pattern as string };
      },
    };
  });
}

const countGroups = (source: string): number => (new RegExp(`${source}|`).exec('')?.length ?? 1) - 1;

// What Express 4 adds to the path of a mount.
const mountEnd = '\\/?(?=\\/|$)';

/** The pattern of a mount, from the expression that Express 4 has made of it. */
function formatSource(source: string, keys: NonNullable<Layer['keys']>): string {
  if (!source.startsWith('^') || !source.endsWith(mountEnd)) return `/${source}/`;
  const names = keys.map(({ name }) => name)[Symbol.iterator]();
  return formatExpression(source.slice(1, -mountEnd.length), names);
}

function formatExpression(source: string, names: Iterator<string | number>): string {
  let pattern = '';
  for (let i = 0; i < source.length; i++) {
    const char = source[i] as string;
    if (char === '\\') pattern += source[++i] ?? '';
    else if (char === '(') {
      const end = endOfGroup(source, i);
      const group = source.slice(i, end + 1);
      if (group.startsWith('(?:')) pattern += formatExpression(group.slice(3, -1), names);
      else pattern += formatGroup(group, names.next().value);
      i = end;
    } else pattern += char;
  }
  return pattern;
}

function formatGroup(group: string, name: string | number | undefined): string {
  if (typeof name === 'string') return `:${name}`;
  return group === '(.*)' ? '*' : group;
}

/** Where the group that begins here ends. */
function endOfGroup(source: string, start: number): number {
  let depth = 0;
  let isInClass = false;
  for (let i = start; i < source.length; i++) {
    const char = source[i];
    if (char === '\\') i++;
    else if (char === ']') isInClass = false;
    else if (isInClass) continue;
    else if (char === '[') isInClass = true;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return i;
  }
  return source.length;
}
