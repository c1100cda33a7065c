import { instrumentsOf } from '../families/declared-instruments.js';
import { processWide } from '../process-state.js';
import type { Advice } from './advice.js';
import type { MetricsRecorder } from './metrics-recorder.js';

const recorderKey = Symbol.for('flowplane-metrics.recorder');

interface Wired {
  [recorderKey]?: MetricsRecorder;
}

interface Wiring {
  defaultRecorder: MetricsRecorder | undefined;
  /** Only for instances that take no property. */
  readonly frozen: WeakMap<object, MetricsRecorder>;
  anyFrozen: boolean;
  readonly recorders: Set<WeakRef<MetricsRecorder>>;
}

const wiring = processWide<Wiring>('wiring', () => ({
  defaultRecorder: undefined,
  frozen: new WeakMap(),
  anyFrozen: false,
  recorders: new Set(),
}));

/**
 * Makes an instance report to this recorder, instead of any earlier one, and returns the instance. The families of its
 * class are in the next scrape, before any call; one that clashes is told of by the first call.
 *
 * Why an own symbol property: a Proxy around the instance finds it too. It is not enumerable, so nothing that copies or
 * prints the instance sees it.
 */
export function attachRecorder<T extends object>(instance: T, recorder: MetricsRecorder): T {
  if (!Reflect.defineProperty(instance, recorderKey, { value: recorder, configurable: true, writable: true })) {
    wiring.frozen.set(instance, recorder);
    wiring.anyFrozen = true;
  }
  openFamilies(instance, recorder);
  return instance;
}

const opened = new WeakMap<MetricsRecorder, WeakSet<object>>();

function openFamilies(instance: object, recorder: MetricsRecorder): void {
  const classes = opened.get(recorder) ?? new WeakSet();
  opened.set(recorder, classes);
  const prototype = typeof instance === 'function' ? instance : Object.getPrototypeOf(instance);
  if (prototype === null || classes.has(prototype)) return;
  classes.add(prototype);
  for (const { family, site } of instrumentsOf(prototype)) {
    try {
      recorder.open(family, site);
    } catch {
      // Why swallowed: wiring an instance must not fail for a metric. The first call of the method tells of the clash.
    }
  }
}

/** Serves what nobody wired: static methods, plain functions, `new Service()`. `undefined` takes it back. */
export function setDefaultRecorder(recorder: MetricsRecorder | undefined): void {
  wiring.defaultRecorder = recorder;
}

/** The recorder that this instance reports to: its own, else the default one, else none. */
export function recorderOf(instance: unknown): MetricsRecorder | undefined {
  return (instance as Wired | undefined)?.[recorderKey] ?? recorderOfUnmarked(instance);
}

function recorderOfUnmarked(instance: unknown): MetricsRecorder | undefined {
  const frozen = wiring.anyFrozen ? wiring.frozen.get(instance as object) : undefined;
  return frozen ?? wiring.defaultRecorder;
}

/** Remembers, weakly, that a recorder exists: from then on an unwired instance is worth a remark. */
export function registerRecorder(recorder: MetricsRecorder): void {
  wiring.recorders.add(new WeakRef(recorder));
}

/** Whether any recorder exists in the process. */
export const anyRecorder = (): boolean => wiring.recorders.size > 0;

/** Passes a remark on to every recorder of the process. */
export function adviseAll(advice: Advice): void {
  for (const reference of wiring.recorders) {
    const recorder = reference.deref();
    if (recorder === undefined) wiring.recorders.delete(reference);
    else recorder.advise(advice);
  }
}
