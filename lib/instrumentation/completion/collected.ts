import { setImmediate } from 'node:timers';
import type { Call } from '../call.js';

const collected = new FinalizationRegistry<() => void>((release) => release());

/**
 * Releases what a call holds in in-flight gauges once the object that could complete it is garbage: nobody can take the
 * last step of that generator, read that stream or call that function any more.
 *
 * Why the call is not recorded: it has neither returned nor thrown, and what its labels are read from would have to be
 * kept alive, perhaps with the object itself.
 */
export function releaseWhenCollected(completes: object, call: Call): void {
  const release = call.createRelease();
  if (release === undefined) return;
  call.startTracking().onEnd = unregister;
  collected.register(completes, release, call);
}

const unregister = (call: Call): void => {
  collected.unregister(call);
};

/** Promises that were pending a moment ago, each followed by the call that it completes. */
let young: (object | Call)[] = [];
let limit = 256;

/**
 * The same for a promise: it can be garbage before it has settled.
 *
 * Why it is registered only if it is still pending at the end of this turn of the event loop: to register and to unregister
 * takes several times as long as the rest of a call, and most promises that do not wait for the outside settle at once.
 */
export function releaseWhenPromiseCollected(promise: object, call: Call): void {
  if (young.length === 0) setImmediate(registerYoung);
  else if (young.length >= limit) dropSettled();
  young.push(promise, call);
}

/** The promise of the call has resolved to something that completes it, and may be garbage from now on. */
export function forgetPromise(call: Call): void {
  if (call.leases === undefined) return;
  const tracking = call.startTracking();
  tracking.onEnd?.(call);
  tracking.onEnd = undefined;
  tracking.isHandedOver = true;
}

const isPending = (call: Call): boolean => call.outcome === undefined && !call.tracking?.isHandedOver;

function registerYoung(): void {
  dropSettled();
  const pending = young;
  young = [];
  for (let i = 0; i < pending.length; i += 2) releaseWhenCollected(pending[i] as object, pending[i + 1] as Call);
}

// Why: a turn of the event loop can be long.
function dropSettled(): void {
  const pending: (object | Call)[] = [];
  for (let i = 0; i < young.length; i += 2) {
    if (isPending(young[i + 1] as Call)) pending.push(young[i] as object, young[i + 1] as Call);
  }
  young = pending;
  limit = Math.max(256, 2 * young.length);
}
