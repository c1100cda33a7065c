import type { NameValidation } from '../../families/naming.js';
import type { ThreadExporterData } from '../../otlp/otlp-exporter.js';
import type { ScrapeLimits } from '../../store/exposed-family.js';
import type { SharedStoreData } from '../../thread/shared-store.js';
import type { MetricsServerOptions } from '../config/options.js';
import type { DelayHistogram, MainNumbers } from './main-numbers.js';
import type { PostedFamilies } from './posted-families.js';

/** What the program of the metrics thread is started with. */
export interface ThreadData {
  /** The web framework that answers, if one does. */
  readonly framework: Framework;
  /** The options of the server that are plain data: what they say of other things is done on the main thread. */
  readonly options: MetricsServerOptions;
  /** What the thread reads in shared memory. */
  readonly store: SharedStoreData;
  /** How the main thread is observed, for the metrics of the process; absent where it gives no numbers. */
  readonly observed: { readonly delay: DelayHistogram | undefined } | undefined;
  /** What is true of each question of both threads. */
  readonly questions: SharedArrayBuffer;
  /** One number: 1 from the moment on at which the server drains. */
  readonly draining: SharedArrayBuffer;
  /** The protections that the server had in an earlier thread. */
  readonly required: readonly string[];
  /** What it sends over OTLP; absent where it does not. */
  readonly exports: ThreadExporterData | undefined;
  /** How often the thread was started again. */
  readonly restarts: number;
  /** Where optional packages are looked for: files, or folders with a separator at their end. */
  readonly packagesFrom: readonly string[];
  /** The script and the style of the page for people. Why from here: the package has them once, and not in the program too. */
  readonly landingAssets: { readonly landingScript: string; readonly landingStyle: string };
}

/** What answers the requests that are let in: `node:http`, or a web framework. */
export type Framework = 'node' | 'koa';

/** What the thread asks the main thread for at a scrape. */
export interface MainQuestion {
  readonly limits: ScrapeLimits;
  /** Whether it wants the numbers of which the metrics of the process are made. */
  readonly numbers: boolean;
  /** Which metrics of the process a client has to compute there, by their names. */
  readonly processMetrics: 'all' | readonly string[];
  /** The number of the answer that it has, and that is right still; 0 if none is. */
  readonly known: number;
}

export interface MainAnswer {
  /** The families of the recorder that the thread cannot read itself, then those of the main thread that are not its own. */
  readonly families: PostedFamilies;
  /** How many of them are the recorder's; `undefined` where these are the ones of the answer that is known. */
  readonly computed: number | undefined;
  /** The number of the answer, as `ComputedFamilies` has it. */
  readonly answer: number;
  /** What the metrics of the process are made of, where that is wanted. */
  readonly numbers: MainNumbers | undefined;
  /** Whether it has to be asked at each scrape, because there is something that is not the recorder's. */
  readonly hasOthers: boolean;
  readonly nameValidation: NameValidation | undefined;
}
