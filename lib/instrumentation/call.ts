import { AsyncResource } from 'node:async_hooks';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import { unfinishedCalls } from './unfinished-calls.js';

/** Any method. Why `any`: with `unknown` parameters no user's method would be assignable. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type AnyMethod = (...args: any) => any;

/** How a call ended. */
export type Outcome = 'returned' | 'threw';

/** One call that an in-flight gauge counts. Why a linked list of them: most calls have one or none. */
export interface InFlightLease {
  /** The bound gauge that counts the call. */
  readonly gauge: object;
  /** The series that counts the call; `undefined` once the lease is released. */
  series: SeriesId | undefined;
  readonly next: InFlightLease | undefined;
}

/** Observes the calls of one method for one recorder. Its methods throw only in strict mode. */
export interface CallObserver {
  /** Whether `onStart` does anything. It is not called otherwise: reading the clock costs more than recording. */
  readonly observesStart: boolean;
  onStart(call: Call): void;
  /** Records a call that has settled. */
  onSettle(call: Call): void;
  /** Releases the leases of a call that can never settle. */
  release(leases: InFlightLease): void;
}

/** The asynchronous context of a call. Why by shape: the declarations of the main entry need none of Node's. */
interface CallContext {
  runInAsyncScope<This, Value>(run: (this: This, value: Value) => void, self: This, value: Value): void;
  emitDestroy(): unknown;
}

/** What completes a call later, and in which context. Why apart: most calls have none of it, and it would be allocated. */
interface Tracking {
  /** The asynchronous context of the call, where other code decides in which one its result completes. */
  context: CallContext | undefined;
  /** Whether the promise of the call has resolved to something that completes it. */
  isHandedOver: boolean;
  /** Runs when the call settles. */
  onEnd: ((call: Call) => void) | undefined;
}

/**
 * One call of an instrumented method: who was called with what, and how it ended.
 *
 * Why the first three arguments have fields of their own: a list of all arguments would be allocated for each call.
 */
export class Call {
  /** What `this` is in the method. */
  self: unknown = undefined;
  /** How many arguments the call has. */
  count = 0;
  first: unknown = undefined;
  second: unknown = undefined;
  third: unknown = undefined;
  /** All arguments, where there are more than three. */
  all: readonly unknown[] | undefined = undefined;
  /** `undefined` until a call whose result is tracked has settled. */
  outcome: Outcome | undefined = undefined;
  /** The result or the error; `undefined` until the call has settled. */
  value: unknown = undefined;
  /** Seconds on the recorder's clock; `undefined` where nothing asks for it. */
  startedAt: number | undefined = undefined;
  leases: InFlightLease | undefined = undefined;
  /** What observes the call. */
  observer: CallObserver | undefined = undefined;
  /** What only some of the calls have whose result is tracked. */
  tracking: Tracking | undefined = undefined;
  /** How many of stacked observers have recorded the end of a call; −1 where the method was never called. */
  recordedBy = 0;
  /** The number of the method that called this one, where `runningMethod` notes that. */
  outer = 0;
  /** The call before this one in the list of unfinished calls. */
  previous: Call | undefined = undefined;

  /** Ends a call whose result is tracked. Only the first time counts. */
  settle(outcome: Outcome, value: unknown): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.value = value;
    try {
      if (this.tracking === undefined) this.observer?.onSettle(this);
      else this.endTracking(this.tracking);
    } catch (fault) {
      if (!(fault instanceof RangeError)) throw fault;
      this.previous = unfinishedCalls.last;
      unfinishedCalls.last = this;
      return;
    }
    this.observer = undefined;
    this.clear();
  }

  /**
   * Lets the readers run in the asynchronous context of the call, such as that of its tenant, even where other code
   * completes it.
   *
   * Why not for promises: their handlers run in that context anyway. Why `requireManualDestroy`: the context ends with the
   * call, not when the garbage collector finds it.
   */
  keepContext(): void {
    this.startTracking().context = new AsyncResource('FlowplaneMetricsCall', { requireManualDestroy: true });
  }

  startTracking(): Tracking {
    this.tracking ??= { context: undefined, isHandedOver: false, onEnd: undefined };
    return this.tracking;
  }

  private endTracking({ context, onEnd }: Tracking): void {
    const { observer } = this;
    onEnd?.(this);
    if (context === undefined) observer?.onSettle(this);
    else if (observer !== undefined) context.runInAsyncScope(observer.onSettle, observer, this);
    context?.emitDestroy();
  }

  /** Forgets everything about the call. Why: nothing that belongs to the caller is kept after the call has settled. */
  clear(): void {
    this.self = undefined;
    this.first = undefined;
    this.second = undefined;
    this.third = undefined;
    this.all = undefined;
    this.value = undefined;
    this.startedAt = undefined;
    this.leases = undefined;
  }

  /**
   * A function that releases what a tracked call holds in in-flight gauges; `undefined` where it holds nothing. It keeps
   * neither the instance nor the arguments alive, which may hold the result.
   */
  createRelease(): (() => void) | undefined {
    const { observer, leases } = this;
    return observer && leases && bindRelease(observer, leases);
  }
}

// Why apart: a closure keeps everything alive that any closure of the same function captures, so `this` as well.
const bindRelease = (observer: CallObserver, leases: InFlightLease) => (): void => observer.release(leases);

/** The last argument of a call. Why one by one: a list of them would be allocated at every call. */
export function lastArgument({ count, first, second, third, all }: Call): unknown {
  if (count === 1) return first;
  if (count === 2) return second;
  return count === 3 ? third : all?.at(-1);
}

/** Calls a function with the `this` and the arguments of a call. */
export function invoke(fn: AnyMethod, call: Call): unknown {
  if (call.count === 1) return fn.call(call.self, call.first);
  if (call.count === 2) return fn.call(call.self, call.first, call.second);
  return invokeWithOthers(fn, call);
}

// Why apart: V8 inlines only so much into one function, and most methods have one or two arguments.
function invokeWithOthers(fn: AnyMethod, call: Call): unknown {
  const { self, count } = call;
  if (count === 3) return fn.call(self, call.first, call.second, call.third);
  return call.all === undefined ? fn.call(self) : invokeWithList(fn, self, call.all);
}

/** Calls a function with the result or the error of a settled call, followed by its arguments. */
export function invokeWithValue(fn: AnyMethod, call: Call): unknown {
  const { self, count, value } = call;
  if (count === 1) return fn.call(self, value, call.first);
  if (count === 2) return fn.call(self, value, call.first, call.second);
  if (count === 3) return fn.call(self, value, call.first, call.second, call.third);
  return call.all === undefined ? fn.call(self, value) : invokeWithList(fn, self, [value, ...call.all]);
}

/** Why one by one up to six: to call a function with a list takes three times as long. Why not taken apart: that is slower. */
function invokeWithList(fn: AnyMethod, self: unknown, list: readonly unknown[]): unknown {
  switch (list.length) {
    case 4:
      return fn.call(self, list[0], list[1], list[2], list[3]);
    case 5:
      return fn.call(self, list[0], list[1], list[2], list[3], list[4]);
    case 6:
      return fn.call(self, list[0], list[1], list[2], list[3], list[4], list[5]);
    default:
      return Reflect.apply(fn, self, list);
  }
}
