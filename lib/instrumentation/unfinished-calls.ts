import { types } from 'node:util';
import { runWithoutSpan } from '../recorder/active-span.js';
import type { Call, CallObserver } from './call.js';

/**
 * Calls that have ended on an exhausted stack, where nothing could be called to record it. They are recorded as soon as
 * there is a stack again: by the frames that the same error unwinds, by the next call, or before numbers are read.
 *
 * Why a linked list with a public end: adding to it calls nothing, so that it needs no stack.
 */
class UnfinishedCalls {
  last: Call | undefined = undefined;

  /** Records the end of every call in the list. Throws, and keeps what is left, where the stack is exhausted again. */
  finish(): void {
    for (let call = this.last; call !== undefined; call = this.last) {
      // Why taken out before: a reader may call an instrumented method, which gets here too.
      this.last = call.previous;
      try {
        finishCall(call);
      } catch (fault) {
        // Why put back before the question: the question itself needs stack.
        call.previous = this.last;
        this.last = call;
        if (!isStackExhausted(fault)) this.last = call.previous;
        throw fault;
      }
      call.previous = undefined;
      call.observer = undefined;
      call.clear();
    }
  }
}

/** The one list of the process: any call may finish what another has left. */
export const unfinishedCalls = new UnfinishedCalls();

/** Records what could not be recorded before numbers are read. Never throws. */
export function finishCalls(): void {
  if (unfinishedCalls.last === undefined) return;
  try {
    // Why: the span that is active now is not the one of those calls.
    runWithoutSpan(finishAll);
  } catch {
    // Why ignored: the next reader or the next call tries again.
  }
}

const finishAll = (): void => unfinishedCalls.finish();

function finishCall(call: Call): void {
  const observer = call.observer as CallObserver;
  if (call.recordedBy >= 0) observer.onSettle(call);
  else if (call.leases !== undefined) observer.release(call.leases);
}

/**
 * Whether the stack has so little room left that a reader may have failed by it, rather than by a fault of its own: to
 * compile a function that was never called before, V8 wants 40 KiB.
 */
export function isStackExhausted(error: unknown): boolean {
  // Why native: a Proxy may not be asked for its prototype.
  if (!types.isNativeError(error)) return false;
  try {
    if (!(error instanceof RangeError)) return false;
    Reflect.apply(ignore, undefined, manyArguments);
    return false;
  } catch (fault) {
    return fault instanceof RangeError;
  }
}

// Why arguments: however the compiler treats a call, they need 8 bytes of the stack each.
const manyArguments = new Array<undefined>(10_000).fill(undefined);
const ignore = (): void => undefined;
