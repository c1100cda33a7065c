import { carrierOf, declareCarrier } from '../families/declared-instruments.js';
import { processState } from '../process-state.js';
import { recorderOf } from '../recorder/attach.js';
import { isRecorder, type MetricsRecorder } from '../recorder/metrics-recorder.js';
import { type Advice, adviseAll, anyRecorder } from '../recorder/reports.js';
import { createNotAttachedAdvice } from '../recorder/wiring-advice.js';
import { bindInstruments } from './bound-instrument.js';
import { type AnyMethod, Call, type CallObserver, lastArgument, type Outcome } from './call.js';
import { callWithCallback } from './completion/callback.js';
import type { CompletionTracker } from './completion/completion-tracker.js';
import { findTracker, track, trackerOfMethod } from './completion/track.js';
import { copyIdentity } from './copy-identity.js';
import { type Instrument, isSameInstrument } from './instrument.js';
import { runningMethod } from './running-method.js';
import { finishCalls, unfinishedCalls } from './unfinished-calls.js';

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
  const instrumented = new InstrumentedMethod(method, beneathLayers.get(method) ?? allInstrumentsOn(method));
  instrumented.add(instrument);
  const bare = createWrapper(method, instrumented);
  const wrapper = copyIdentity(isConstructor(method) ? makeConstructor(bare, method) : bare, method);
  declareCarrier(wrapper, instrumented);
  return wrapper;
}

/**
 * Leaves each definition once on a method that had these instruments before: later ones stand in the place of those that
 * they repeat. Gives the earlier ones that were repeated.
 *
 * Why: code that is loaded again, or runs before each test, instruments the same method again.
 */
export function dropRepeated(method: AnyMethod, before: readonly Instrument[]): readonly Instrument[] {
  return instrumentedMethodOf(method)?.dropRepeated(before) ?? [];
}

/**
 * The instruments that this function carries, and those that the functions carry which it was made of, also where another
 * copy of this package has put them there.
 */
export function allInstrumentsOn(method: AnyMethod): readonly Instrument[] {
  // Why so typed: only this file declares carriers, in every copy.
  const { instruments = [], beneath = [] } = (carrierOf(method) ?? {}) as Partial<InstrumentedMethod>;
  return [...instruments, ...beneath];
}

const beneathLayers = new WeakMap<AnyMethod, readonly Instrument[]>();

/** The instruments that this function carries. */
export const instrumentsOn = (method: AnyMethod): readonly Instrument[] =>
  instrumentedMethodOf(method)?.instruments ?? [];

/** The function itself, or, where it is a wrapper, a layer around it, so that new instruments leave the wrapper alone. */
export function ensureFreshTarget<M extends AnyMethod>(fn: M): M {
  if (instrumentedMethodOf(fn) === undefined) return fn;
  const { call } = {
    call(this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(fn, this, args);
    },
  };
  const layer = isConstructor(fn) ? makeConstructor(call, fn) : call;
  beneathLayers.set(layer, allInstrumentsOn(fn));
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
  /** The instruments of the function that this one was put around. */
  readonly beneath: readonly Instrument[];
  /** What tracks every result of the method, where that is known. */
  private readonly knownTracker: CompletionTracker | undefined;
  private observers = new WeakMap<MetricsRecorder, CallObserver>();
  // Why kept: nearly all calls of a method report to one recorder, and a comparison costs less than a look-up.
  private lastRecorder: MetricsRecorder | undefined;
  private lastObserver: CallObserver | undefined;
  private spareCall: Call | undefined = new Call();
  /** What `runningMethod` calls this method; 0 while it has no number. */
  private number = 0;
  /** Whether a call completes when the function that is its last argument is called. */
  completesByCallback = false;
  /** Whether a last argument that is a function is worth advice. */
  mayHaveCallback = true;

  constructor(method: AnyMethod, beneath: readonly Instrument[]) {
    this.knownTracker = trackerOfMethod(method);
    this.beneath = beneath;
  }

  /** Adds the instrument of one more decorator. Stacked decorators share the wrapper. */
  add(instrument: Instrument): void {
    this.instruments.push(instrument);
    this.completesByCallback ||= instrument.completion === 'callback';
    this.mayHaveCallback &&= instrument.completion === undefined;
    this.observers = new WeakMap();
    this.lastRecorder = undefined;
  }

  /** Removes those of the earlier instruments that later ones repeat, and puts the later ones there. */
  dropRepeated(earlier: readonly Instrument[]): readonly Instrument[] {
    const later = this.instruments.filter((one) => !earlier.includes(one));
    const replaced = new Map<Instrument, Instrument>();
    for (const one of later) {
      const same = earlier.find((other) => !replaced.has(other) && isSameInstrument(one, other));
      if (same !== undefined) replaced.set(same, one);
    }
    const repeated = [...replaced.values()];
    const kept = this.instruments.filter((one) => !repeated.includes(one)).map((one) => replaced.get(one) ?? one);
    this.instruments.splice(0, this.instruments.length, ...kept);
    this.observers = new WeakMap();
    this.lastRecorder = undefined;
    return [...replaced.keys()];
  }

  /**
   * A call of this instance with its first three arguments; `undefined` where it is not recorded. The call is the same
   * object again once the one before it has ended, so that a synchronous call allocates nothing; a call that starts before
   * that gets a new one.
   */
  begin(self: unknown, count: number, first: unknown, second: unknown, third: unknown): Call | undefined {
    const observer = this.observerFor(self);
    if (observer === undefined) return undefined;
    const call = this.spareCall ?? new Call();
    this.spareCall = undefined;
    // Why not always: a call is kept, so that each object written to it costs more than the question.
    if (call.observer !== observer) call.observer = observer;
    call.self = self;
    call.count = count;
    call.first = first;
    if (count > 1) {
      call.second = second;
      call.third = third;
    }
    if (runningMethod.word !== undefined) this.mark(call, runningMethod.word);
    return call;
  }

  private mark(call: Call, word: Int32Array): void {
    if (this.number === 0) this.takeNumber();
    call.outer = word[0] as number;
    if (this.number !== 0) word[0] = this.number;
  }

  // Why apart: even to look at the first instrument, at every call, took longer than the rest of the mark.
  private takeNumber(): void {
    const [instrument] = this.instruments;
    if (instrument !== undefined) this.number = runningMethod.number(instrument);
  }

  /** Records a call that has ended, or tracks its result. Gives what the caller gets. */
  end(call: Call, result: unknown): unknown {
    if (this.number !== 0) runningMethod.pop(call);
    if (call.outcome === 'returned') {
      if (result === undefined && this.mayHaveCallback) this.lookForCallback(call);
      const tracker = this.knownTracker ?? (typeof result === 'object' ? findTracker(result) : undefined);
      if (tracker !== undefined) return track(result as object, tracker, call);
    }
    call.observer?.onSettle(call);
    call.clear();
    this.spareCall = call;
    return result;
  }

  /** The observer for the recorder of this instance; `undefined` where the call is not recorded. */
  private observerFor(instance: unknown): CallObserver | undefined {
    try {
      const recorder = recorderOf(instance);
      if (recorder === undefined) return warnNotAttached(instance, this.instruments);
      return recorder === this.lastRecorder ? this.lastObserver : this.bind(recorder);
    } catch {
      // Why nothing is thrown: only an instance that cannot be inspected, such as a revoked Proxy, gets here.
      return undefined;
    }
  }

  /** Advises, once, where the method returned nothing and its last argument is a function. */
  private lookForCallback(call: Call): void {
    if (typeof lastArgument(call) !== 'function') return;
    this.mayHaveCallback = false;
    this.lastRecorder?.advise(createCallbackAdvice(this.instruments));
  }

  private bind(recorder: MetricsRecorder): CallObserver | undefined {
    // Why checked: a Proxy may answer every property that it is asked for, so the one with the recorder too.
    if (!isRecorder(recorder)) return this.bindDefault();
    let observer = this.observers.get(recorder);
    if (observer === undefined) {
      observer = bindInstruments(this.instruments, recorder);
      this.observers.set(recorder, observer);
    }
    this.lastRecorder = recorder;
    this.lastObserver = observer;
    return observer;
  }

  private bindDefault(): CallObserver | undefined {
    const recorder = recorderOf(undefined);
    return recorder && this.bind(recorder);
  }
}

/**
 * Creates what stands in the place of a method.
 *
 * Why a method of an object literal: like the method that it stands for, it has no prototype and cannot be constructed. Why
 * it calls the method itself, and has few variables: both keep recursions as deep as they can be. Why nothing that comes
 * after the method may throw: where the stack is exhausted, the call is left to `unfinishedCalls`.
 */
function createWrapper(method: AnyMethod, instrumented: InstrumentedMethod): AnyMethod {
  return {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      const count = args.length;
      const call = instrumented.begin(this, count, args[0], args[1], args[2]);
      if (call === undefined) return Reflect.apply(method, this, args);
      // Why spread: V8 makes no list of the arguments as long as nothing but a call takes them all.
      if (count > 3) call.all = toList(...args);
      if (call.observer?.observesStart) start(call);
      if (instrumented.completesByCallback && typeof args[count - 1] === 'function') {
        return callWithCallback(method, call, ...args);
      }
      let outcome: Outcome = 'returned';
      let result: unknown;
      try {
        if (count === 0) result = method.call(this);
        else if (count === 1) result = method.call(this, args[0]);
        else if (count === 2) result = method.call(this, args[0], args[1]);
        else result = Reflect.apply(method, this, args);
      } catch (error) {
        outcome = 'threw';
        result = error;
      }
      call.outcome = outcome;
      call.value = result;
      try {
        if (unfinishedCalls.last !== undefined) finishCalls();
        result = instrumented.end(call, result);
      } catch (fault) {
        if (!(fault instanceof RangeError)) throw fault;
        call.outcome = outcome;
        call.previous = unfinishedCalls.last;
        unfinishedCalls.last = call;
      }
      if (outcome === 'threw') throw result;
      return result;
    },
  }.wrapper;
}

function start(call: Call): void {
  try {
    call.observer?.onStart(call);
  } catch (fault) {
    call.recordedBy = -1;
    call.previous = unfinishedCalls.last;
    unfinishedCalls.last = call;
    throw fault;
  }
}

/** Whether `new` can be used with this function. It runs nothing of it. */
function isConstructor(fn: AnyMethod): boolean {
  try {
    Reflect.construct(Object, [], fn);
    return true;
  } catch {
    return false;
  }
}

/** The wrapper as a function that can be constructed as well, as functions of older code are. A construction is no call. */
function makeConstructor(wrapper: AnyMethod, method: AnyMethod): AnyMethod {
  return function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return Reflect.apply(wrapper, this, args);
    return Reflect.construct(method, args, new.target);
  };
}

const toList = (...args: unknown[]): readonly unknown[] => args;

const { notAttached: warned, notRecorded } = processState;

/** Warns, once per class, that a call was not recorded. While the process has no recorder, metrics are simply off. */
function warnNotAttached(instance: unknown, instruments: readonly Instrument[]): undefined {
  if (!anyRecorder()) return;
  if (typeof instance === 'object' && instance !== null) notRecorded.add(instance);
  const owner = classOf(instance) ?? instruments;
  if (warned.has(owner)) return;
  warned.add(owner);
  for (const instrument of instruments) notRecorded.add(instrument);
  const [{ site } = { site: 'an annotated function' }] = instruments;
  adviseAll((recorder) => createNotAttachedAdvice(recorder, site, owner));
}

function createCallbackAdvice([instrument]: readonly Instrument[]): Advice {
  return {
    code: 'callback',
    message:
      `${instrument?.site}: a call counts as complete when the method returns, but it may go on (given a function as the last ` +
      'argument, and no result). Write completion: "callback" where that function gets the result, or ' +
      'completion: "result" where it does not.',
  };
}

function classOf(instance: unknown): object | undefined {
  if (typeof instance === 'function') return instance;
  return typeof instance === 'object' && instance !== null ? instance.constructor : undefined;
}
