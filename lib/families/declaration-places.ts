import { findOwnPath, processState } from '../process-state.js';

/** Notes where a family is declared, where somebody asks for that. */
export function noteDeclaration(name: string): void {
  const sites = processState.declarationPlaces;
  if (sites === undefined || sites.has(name)) return;
  const site = findSite();
  if (site !== undefined) sites.set(name, site);
}

/** Notes from now on where each family is declared; gives the sites by the names of the families. */
export function noteDeclarations(): ReadonlyMap<string, string> {
  processState.declarationPlaces ??= new Map();
  return processState.declarationPlaces;
}

/** What compilers put between a decorator and the class. */
const helperFunctions = /^(?:__decorate|__esDecorate|_ts_decorate|__decorateElement|__decorateClass|_?applyDecs\w*)$/;
const helperPackages = /[\\/]node_modules[\\/](?:tslib|reflect-metadata|@swc[\\/]helpers|@babel[\\/]runtime)[\\/]/;

function findSite(): string | undefined {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 30);
  const { stack = '' } = new Error();
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return findSiteIn(stack);
}

/** The first place in a stack that is neither in this package nor in what a compiler adds: `/app/metrics.ts:12:3`. */
export function findSiteIn(stack: string): string | undefined {
  const own = findOwnPath();
  const isOwn = (path: string) =>
    ['lib', 'dist/lib', 'dist/node', 'dist/bundler'].some((folder) => path.includes(`${own}/${folder}/`));
  for (const [, name = '', site = ''] of stack.matchAll(/^\s+at (?:(.*?) \()?([^()\s]+:\d+:\d+)\)?$/gm)) {
    const isHelper = helperFunctions.test(name.replace(/^.*\./, '')) || helperPackages.test(site);
    if (!isHelper && !isOwn(site) && !site.startsWith('node:')) return site;
  }
  return undefined;
}
