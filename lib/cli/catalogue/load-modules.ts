import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { type CatalogueEntry, type CatalogueSource, catalogue } from '../../catalogue/catalogue.js';

/** The command that starts the process of the modules. It is none for users. */
export const loadModulesCommand = 'load-modules';

/** What modules declare, and where. */
export interface DeclaredFamilies {
  readonly entries: readonly CatalogueEntry[];
  /** The file, line and column of each declaration, by the name of the family. */
  readonly lines: Readonly<Record<string, string>>;
}

/** What the process of the modules reports to the command. */
export type ModuleReport =
  | { readonly event: 'loading'; readonly module: string }
  | ({ readonly event: 'loaded' } & DeclaredFamilies)
  | { readonly event: 'failed'; readonly problem: string }
  | { readonly event: 'waiting' };

/** Tells a report from what a module sends to the process that has started it. */
export const isModuleReport = (message: unknown): message is { readonly moduleReport: ModuleReport } =>
  typeof message === 'object' && message !== null && 'moduleReport' in message;

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

  const exported: unknown[] = [];
  for (const module of modules) {
    await report({ event: 'loading', module });
    try {
      exported.push(...Object.values(await import(pathToFileURL(module).href)));
    } catch (error) {
      await report({ event: 'failed', problem: describeThrown(error) });
      return exit(2);
    }
  }
  await report({ event: 'loaded', entries: listEntries(exported), lines: {} });
  return exit(0);
}

function createReport(): (moduleReport: ModuleReport) => Promise<void> {
  const send = process.send?.bind(process);
  return (moduleReport) => new Promise((resolve) => send?.({ moduleReport }, undefined, undefined, () => resolve()));
}

/** Describes what a module has thrown, with the place where it is known. */
function describeThrown(thrown: unknown): string {
  try {
    const where = thrown instanceof Error ? /\bfile:\S+?:\d+:\d+/.exec(thrown.stack ?? '')?.[0] : undefined;
    return where === undefined ? String(thrown) : `${thrown} at ${where}`;
  } catch {
    return 'a value that has no text';
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

function isSource(exported: unknown): exported is CatalogueSource {
  if (typeof exported === 'function') return true;
  return (
    typeof exported === 'object' && exported !== null && ['kind', 'labels', 'site'].every((key) => key in exported)
  );
}
