import { fileURLToPath } from 'node:url';
import type { Declaration } from './families/declared-instruments.js';
import type { ForeignRegistry } from './prometheus/prom-client/external-families.js';
import type { MetricsRecorder } from './recorder/metrics-recorder.js';

/**
 * The version of `ProcessState` and of what it refers to, `MetricsRecorder` above all. Any change that a copy of the
 * package with the version before does not understand makes a new version.
 *
 * Copies of one version share one state, and with it one default recorder. A copy of another version has a state of its
 * own, and advises once that its metrics are recorded apart.
 */
const stateVersion = 1;

/** Everything that the copies of the package in one process share. */
export interface ProcessState {
  /** The instruments of each prototype, of each class with static methods, and of each function. */
  readonly instruments: {
    readonly byOwner: WeakMap<object, Declaration[]>;
    readonly owners: Set<WeakRef<object>>;
  };
  /** The instruments that a wrapper around a method feeds; the list may grow. */
  readonly carriers: WeakMap<object, readonly Declaration[]>;
  /** Which recorder an instance reports to, where a property of the instance does not say so. */
  readonly wiring: {
    defaultRecorder: MetricsRecorder | undefined;
    /** Only for instances that take no property. */
    readonly frozen: WeakMap<object, MetricsRecorder>;
    anyFrozen: boolean;
    readonly recorders: Set<WeakRef<MetricsRecorder>>;
  };
  /** The classes whose families a recorder has opened already. */
  readonly openedClasses: WeakMap<MetricsRecorder, WeakSet<object>>;
  /** The messages that were emitted as process warnings. */
  readonly warned: Set<string>;
  /** The classes of instances without a recorder that there was advice on. */
  readonly unwired: WeakSet<object>;
  /** The class names that there was advice on, as they look minified. */
  readonly minified: Set<string>;
  /** The registry with the process metrics of prom-client, once they were asked for. */
  readonly processMetrics: { registry?: Promise<ForeignRegistry | undefined> };
  /** What containers know the recorder by. The first copy makes it. */
  recorderIdentifier?: typeof MetricsRecorder;
}

const createState = (): ProcessState => ({
  instruments: { byOwner: new WeakMap(), owners: new Set() },
  carriers: new WeakMap(),
  wiring: { defaultRecorder: undefined, frozen: new WeakMap(), anyFrozen: false, recorders: new Set() },
  openedClasses: new WeakMap(),
  warned: new Set(),
  unwired: new WeakSet(),
  minified: new Set(),
  processMetrics: {},
});

/** The value of this symbol on `globalThis`, created on first use. It cannot be listed, written or removed. */
function shareGlobally<T>(key: symbol, create: () => T): T {
  const holder = globalThis as { [key: symbol]: unknown };
  if (holder[key] === undefined) Object.defineProperty(holder, key, { value: create(), enumerable: false });
  return holder[key] as T;
}

/** The state that this copy shares with the others of its version. */
export const processState: ProcessState = shareGlobally(Symbol.for(`flowplane-metrics/${stateVersion}`), createState);

/** Where an instance keeps its recorder. Why with the version: a recorder of another version has another contract. */
export const recorderKey: unique symbol = Symbol.for(`flowplane-metrics.recorder/${stateVersion}`);

/** A copy of the package in this process. Why so little: every version must understand the entries of all others. */
interface Copy {
  readonly stateVersion: number;
  readonly path: string;
}

let own: Copy | undefined;

const loadedCopies = (): Copy[] => shareGlobally(Symbol.for('flowplane-metrics.copies'), () => []);

/**
 * Enters this copy of the package into the list of those in use; once is enough. Gives the message for the user where it
 * is the first of its version and there are copies of other versions.
 */
export function registerCopy(): string | undefined {
  if (own !== undefined) return undefined;
  const others = loadedCopies().slice();
  own = { stateVersion, path: findOwnPath() };
  loadedCopies().push(own);
  if (others.length === 0 || others.some((other) => other.stateVersion === stateVersion)) return undefined;
  const given = [own, ...others].map(({ stateVersion: version, path }) => `state version ${version} at ${path}`);
  return `flowplane-metrics is loaded in versions that cannot share a recorder (given ${given.join(', ')}). Each records apart from the others. Install a single version: npm ls flowplane-metrics.`;
}

/** Counts the copies in use that share this state. */
export const countCopies = (): number => loadedCopies().filter((copy) => copy.stateVersion === stateVersion).length;

/**
 * Finds the folder, or the bundle, that this copy was loaded from.
 *
 * Why from a stack: it is the one way to ask for this in ES modules and in CommonJS.
 */
function findOwnPath(): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, [site]) => site?.getFileName();
    const file: unknown = new Error().stack;
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
    if (typeof file !== 'string') return 'an unknown path';
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    return path.replace(/([\\/]dist[\\/]lib)?[\\/]process-state\.[cm]?js$/, '');
  } catch {
    // Why no error: `Error` may be frozen, and the path is only for a message.
    return 'an unknown path';
  }
}

/** Emits a process warning. */
export function warn(message: string): void {
  process.emitWarning(message, { type: 'FlowplaneMetricsWarning' });
}

/** Emits a process warning, unless a copy of the package has emitted the same one. */
export function warnOnce(message: string): void {
  if (processState.warned.has(message)) return;
  processState.warned.add(message);
  warn(message);
}
