import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { type CatalogueEntry, type CatalogueSource, catalogue } from '../../catalogue/catalogue.js';
import { findSiteIn, noteDeclarations } from '../../families/declaration-places.js';
import { allInstruments } from '../../families/declared-instruments.js';
import type { Family } from '../../families/family.js';
import { checkLegacyNames } from '../../families/family-checks.js';
import { adviseOnNaming } from '../../families/naming.js';
import type { ModuleReport } from './module-report.js';

/**
 * Runs in the process of the modules: loads those that it is sent, one after the other, reports what they declare, and ends
 * the process.
 */
export async function loadModules(): Promise<never> {
  // Why taken now: a module may replace it.
  const exit = process.exit.bind(process);
  const report = createReport();
  // Why removed: a module that reads its arguments must not find ours.
  process.argv.splice(2);
  const [modules] = (await once(process, 'message')) as [readonly string[]];
  process.once('disconnect', () => exit(2));
  // Why: the channel alone would keep the process running, and a module that waits for ever would not be noticed.
  process.channel?.unref();
  process.once('beforeExit', () => void report({ event: 'waiting' }).then(() => exit(2)));

  // Why: the place of a declaration is one in the source code, where its compiler has written a map.
  process.setSourceMapsEnabled(true);
  const places = noteDeclarations();
  const exported: unknown[] = [];
  for (const module of modules) {
    await report({ event: 'loading', module });
    try {
      exported.push(...Object.values(await import(pathToFileURL(module).href)));
    } catch (error) {
      const at = findPlace(error);
      await report({ event: 'failed', problem: describeThrown(error), ...(at !== undefined && { at }) });
      return exit(2);
    }
  }
  const advice = adviseOnNames(exported);
  await report({ event: 'loaded', entries: listEntries(exported), places: Object.fromEntries(places), advice });
  return exit(0);
}

function createReport(): (moduleReport: ModuleReport) => Promise<void> {
  const send = process.send?.bind(process);
  return (moduleReport) => new Promise((resolve) => send?.({ moduleReport }, undefined, undefined, () => resolve()));
}

function describeThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'a value that has no text';
  }
}

/** Where the code of the modules has thrown something, as far as its stack tells. */
function findPlace(thrown: unknown): string | undefined {
  try {
    const { stack = '' } = thrown as Error;
    // Why first: where a module does not fit to what it imports, Node writes its place before the message.
    return /^(\S+:\d+)\r?\n/.exec(stack)?.[1] ?? findSiteIn(stack);
  } catch {
    return undefined;
  }
}

/** Lists everything that is decorated in the process, and the families among the exports of its modules. */
function listEntries(exported: readonly unknown[]): CatalogueEntry[] {
  const ofExports = catalogue(exported.filter(isSource));
  const known = new Set(ofExports.map(({ name }) => name));
  return [...ofExports, ...catalogue().filter(({ name }) => !known.has(name))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function adviseOnNames(exported: readonly unknown[]): string[] {
  const families = [...exported.filter(isFamily), ...allInstruments().map(({ family }) => family)];
  const own = families.filter(({ external, advice }) => external === undefined && advice !== false);
  const all = own.flatMap((family) => [
    ...checkLegacyNames(family).map(({ message }) => `${family.site}: ${message}`),
    adviseOnNaming(family) ?? [],
  ]);
  return [...new Set(all.flat())];
}

const isSource = (exported: unknown): exported is CatalogueSource =>
  typeof exported === 'function' || isFamily(exported);

const isFamily = (exported: unknown): exported is Family =>
  typeof exported === 'object' && exported !== null && ['kind', 'labels', 'site'].every((key) => key in exported);
