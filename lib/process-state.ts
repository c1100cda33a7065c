import { fileURLToPath } from 'node:url';
import type { Carrier, Declaration } from './families/declared-instruments.js';
import type { ExternalRegistry } from './prometheus/prom-client/external-families.js';
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
  /** The instruments that each wrapper around a method feeds. */
  readonly carriers: WeakMap<object, Carrier>;
  /** Which recorder an instance reports to, where a property of the instance does not say so. */
  readonly wiring: {
    defaultRecorder: MetricsRecorder | undefined;
    /** The recorder of the container that resolves something at the moment. */
    resolving: MetricsRecorder | undefined;
    /** Only for instances that take no property. */
    readonly frozen: WeakMap<object, MetricsRecorder>;
    anyFrozen: boolean;
    readonly recorders: Set<WeakRef<MetricsRecorder>>;
    /** The names of the containers that hand out the instances of a recorder. */
    readonly hosts: WeakMap<MetricsRecorder, Set<string>>;
  };
  /** The classes whose families a recorder has opened already. */
  readonly openedClasses: WeakMap<MetricsRecorder, WeakSet<object>>;
  /** The messages that were emitted as process warnings. */
  readonly warned: Set<string>;
  /** The classes, with instances that have no recorder, that advice was given on. */
  readonly notAttached: WeakSet<object>;
  /** The instruments, and the instances, of calls that were not recorded, because the instance had no recorder. */
  readonly notRecorded: WeakSet<object>;
  /** The class names that look minified, and that advice was given on. */
  readonly minified: Set<string>;
  /** The registry with the process metrics of prom-client, once it was requested, and once it is loaded. */
  readonly processMetrics: {
    loading?: Promise<ExternalRegistry | undefined>;
    registry?: ExternalRegistry | undefined;
  };
  /** Where each family was declared first, by name. Absent unless a command needs it: to find the place takes time. */
  declarationPlaces?: Map<string, string>;
  /** The service identifier of the recorder in containers. The first copy creates it. */
  recorderIdentifier?: typeof MetricsRecorder;
  /** The instance that a container gets for that identifier when no recorder is bound. The first copy creates it. */
  unboundRecorder?: MetricsRecorder;
}

const createState = (): ProcessState => ({
  instruments: { byOwner: new WeakMap(), owners: new Set() },
  carriers: new WeakMap(),
  wiring: {
    defaultRecorder: undefined,
    resolving: undefined,
    frozen: new WeakMap(),
    anyFrozen: false,
    recorders: new Set(),
    hosts: new WeakMap(),
  },
  openedClasses: new WeakMap(),
  warned: new Set(),
  notAttached: new WeakSet(),
  notRecorded: new WeakSet(),
  minified: new Set(),
  processMetrics: {},
});

/** The value of this symbol on `globalThis`, created on first use. It cannot be listed, written or removed. */
export function shareGlobally<T>(key: symbol, create: () => T): T {
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
 * Adds this copy of the package to the list of copies in use; later calls do nothing. Returns a message for the user
 * where it is the first copy of its version, and copies of other versions are in use.
 */
export function registerCopy(): string | undefined {
  if (own !== undefined) return undefined;
  const others = loadedCopies().slice();
  own = {
    stateVersion,
    // Why only when somebody asks: it takes a stack, and nearly every process has one copy.
    get path(): string {
      return findOwnPath();
    },
  };
  loadedCopies().push(own);
  if (others.length === 0 || others.some((other) => other.stateVersion === stateVersion)) return undefined;
  const given = [own, ...others].map(({ stateVersion: version, path }) => `state version ${version} at ${path}`);
  return `flowplane-metrics is loaded in versions that cannot share a recorder (given ${given.join(', ')}). Each records apart from the others. Install a single version: npm ls flowplane-metrics.`;
}

/** Counts the copies in use that share this state. Why by path: the forms of one installed package are no copies of it. */
export function countCopies(): number {
  const copies = loadedCopies().filter((copy) => copy.stateVersion === stateVersion);
  return copies.length < 2 ? copies.length : new Set(copies.map(({ path }) => path)).size;
}

/**
 * Finds the folder, or the bundle, that this copy was loaded from.
 *
 * Why from a stack: it is the one way to ask for this in ES modules and in CommonJS. Where `Error` is frozen, the path
 * stays unknown; it is only for a message.
 */
export function findOwnPath(): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const takeFile = (_error: Error, [site]: NodeJS.CallSite[]): unknown => site?.getFileName();
  const isReady = Reflect.set(Error, 'stackTraceLimit', 1) && Reflect.set(Error, 'prepareStackTrace', takeFile);
  const file: unknown = isReady ? new Error().stack : undefined;
  Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  if (typeof file !== 'string') return 'an unknown path';
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return path.replace(
    /[\\/]dist[\\/](lib[\\/]process-state|(node|bundler)[\\/]core)\.c?js$|[\\/]process-state\.[cm]?js$/,
    '',
  );
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
