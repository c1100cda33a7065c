import { carrierOf, declareCarrier, metadataApi } from '../families/declared-instruments.js';
import { processState } from '../process-state.js';
import { recorderOf } from '../recorder/attach.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import { adviseAll, anyRecorder } from '../recorder/reports.js';
import { bindInstruments } from './bound-instrument.js';
import { type AnyMethod, Call, type CallObserver, invoke } from './call.js';
import { findTracker, track, trackerOfMethod } from './completion/track.js';
import type { Instrument } from './instrument.js';

/**
 * Adds an instrument to a method: puts a new wrapper around a bare method, or adds to the wrapper that it has.
 *
 * This is the only place that replaces a method.
 */
export function wrapMethod(method: AnyMethod, instrument: Instrument): AnyMethod {
  const existing = instrumentedMethodOf(method);
  if (existing !== undefined) {
    existing.add(instrument);
    return method;
  }
  const instrumented = new InstrumentedMethod();
  instrumented.add(instrument);
  const wrapper = copyIdentity(createWrapper(method, instrumented), method);
  declareCarrier(wrapper, instrumented);
  return wrapper;
}

/** The instruments that this function carries. */
export const instrumentsOn = (method: AnyMethod): readonly Instrument[] =>
  instrumentedMethodOf(method)?.instruments ?? [];

/** The function itself, or, where it is a wrapper, a layer around it, so that new instruments leave the wrapper alone. */
export function ensureFreshTarget<M extends AnyMethod>(fn: M): M {
  if (instrumentedMethodOf(fn) === undefined) return fn;
  const layer = function (this: unknown, ...args: unknown[]): unknown {
    return Reflect.apply(fn, this, args);
  };
  return copyIdentity(layer, fn) as M;
}

// Why `instanceof`: a wrapper of another copy of this package is wrapped again, as any other method is.
function instrumentedMethodOf(method: AnyMethod): InstrumentedMethod | undefined {
  const carrier = carrierOf(method);
  return carrier instanceof InstrumentedMethod ? carrier : undefined;
}

/** The instruments of one wrapped method, bound to each recorder that its calls report to. */
class InstrumentedMethod {
  readonly instruments: Instrument[] = [];
  private observers = new WeakMap<MetricsRecorder, CallObserver>();
  // Why kept: nearly all calls of a method report to one recorder, and a comparison costs less than a look-up.
  private lastRecorder: MetricsRecorder | undefined;
  private lastObserver: CallObserver | undefined;
  private spareCall: Call | undefined = new Call();

  /** Adds the instrument of one more decorator. Stacked decorators share the wrapper. */
  add(instrument: Instrument): void {
    this.instruments.push(instrument);
    this.observers = new WeakMap();
    this.lastRecorder = undefined;
  }

  /** The observer for the recorder of this instance; `undefined` where the call is not recorded. */
  observerFor(instance: unknown): CallObserver | undefined {
    try {
      const recorder = recorderOf(instance);
      if (recorder === undefined) return warnNotAttached(instance, this.instruments);
      return recorder === this.lastRecorder ? this.lastObserver : this.bind(recorder);
    } catch {
      // Why nothing is thrown: only an instance that cannot be inspected, such as a revoked Proxy, gets here.
      return undefined;
    }
  }

  /**
   * A call to fill in. `giveBack` takes it again once it has settled, so that a synchronous call allocates nothing; a call
   * that starts before that gets a new one.
   */
  takeCall(): Call {
    const spare = this.spareCall;
    if (spare === undefined) return new Call();
    this.spareCall = undefined;
    return spare;
  }

  giveBack(call: Call): void {
    call.clear();
    this.spareCall = call;
  }

  private bind(recorder: MetricsRecorder): CallObserver {
    let observer = this.observers.get(recorder);
    if (observer === undefined) {
      observer = bindInstruments(this.instruments, recorder);
      this.observers.set(recorder, observer);
    }
    this.lastRecorder = recorder;
    this.lastObserver = observer;
    return observer;
  }
}

// Why a method of an object literal: like the method that it stands for, it has no prototype and cannot be constructed.
function createWrapper(method: AnyMethod, instrumented: InstrumentedMethod): AnyMethod {
  const knownTracker = trackerOfMethod(method);
  return {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      const observer = instrumented.observerFor(this);
      if (observer === undefined) return Reflect.apply(method, this, args);
      const call = instrumented.takeCall();
      call.self = this;
      call.count = args.length;
      call.first = args[0];
      call.second = args[1];
      call.third = args[2];
      // Why spread: V8 makes no list of the arguments as long as nothing but a call takes them all.
      call.all = args.length > 3 ? toList(...args) : undefined;
      if (observer.observesStart) observer.onStart(call);
      let result: unknown;
      try {
        result = invoke(method, call);
      } catch (error) {
        call.outcome = 'threw';
        call.value = error;
        observer.onSettle(call);
        instrumented.giveBack(call);
        throw error;
      }
      const tracker = knownTracker ?? (typeof result === 'object' ? findTracker(result) : undefined);
      if (tracker !== undefined) {
        call.observer = observer;
        return track(result as object, tracker, call);
      }
      call.outcome = 'returned';
      call.value = result;
      observer.onSettle(call);
      instrumented.giveBack(call);
      return result;
    },
  }.wrapper;
}

const toList = (...args: unknown[]): readonly unknown[] => args;

const { notAttached: warned } = processState;

/** Warns, once per class, that a call was not recorded. While the process has no recorder, metrics are simply off. */
function warnNotAttached(instance: unknown, instruments: readonly Instrument[]): undefined {
  if (!anyRecorder()) return;
  const owner = classOf(instance) ?? instruments;
  if (warned.has(owner)) return;
  warned.add(owner);
  const [{ site } = { site: 'an annotated function' }] = instruments;
  adviseAll({
    code: 'unwired',
    message:
      `${site}: a call was not recorded, because its instance has no recorder. Likely causes: it was made with "new" ` +
      'rather than by the container; it is a singleton that was resolved before installMetrics(container); it belongs to ' +
      'a child container without its own installMetrics(child); it is a static method or a plain function. ' +
      'Use attachRecorder(instance, recorder) or setDefaultRecorder(recorder).',
  });
}

function classOf(instance: unknown): object | undefined {
  if (typeof instance === 'function') return instance;
  return typeof instance === 'object' && instance !== null ? instance.constructor : undefined;
}

/** Copies everything that can be read off the method to its wrapper: name, length, own properties, metadata. */
function copyIdentity(wrapper: AnyMethod, method: AnyMethod): AnyMethod {
  for (const key of Reflect.ownKeys(method)) {
    Reflect.defineProperty(wrapper, key, Reflect.getOwnPropertyDescriptor(method, key) as PropertyDescriptor);
  }
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(method));
  copyMetadata(method, wrapper);
  return wrapper;
}

function copyMetadata(from: object, to: object): void {
  for (const key of metadataApi.getOwnMetadataKeys?.(from) ?? []) {
    metadataApi.defineMetadata?.(key, metadataApi.getOwnMetadata?.(key, from), to);
  }
}
