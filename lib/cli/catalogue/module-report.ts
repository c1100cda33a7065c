import type { CatalogueEntry } from '../../catalogue/catalogue.js';

/** The command that starts the process of the modules. It is none for users. */
export const loadModulesCommand = 'load-modules';

/** What modules declare, and where. */
export interface DeclaredFamilies {
  readonly entries: readonly CatalogueEntry[];
  /** The file, line and column of each declaration, by the name of the family. */
  readonly places: Readonly<Record<string, string>>;
  /** What the rules of naming say about the families: whether each recorder takes their names, and the conventions. */
  readonly advice: readonly string[];
}

/** What the process of the modules reports to the command. */
export type ModuleReport =
  | { readonly event: 'loading'; readonly module: string }
  | ({ readonly event: 'loaded' } & DeclaredFamilies)
  | { readonly event: 'failed'; readonly problem: string; readonly at?: string }
  | { readonly event: 'waiting' };

/** Tells a report from what a module sends to the process that has started it. */
export const isModuleReport = (message: unknown): message is { readonly moduleReport: ModuleReport } =>
  typeof message === 'object' && message !== null && 'moduleReport' in message;
