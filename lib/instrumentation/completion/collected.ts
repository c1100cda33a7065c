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
  call.onEnd = forget;
  collected.register(completes, release, call);
}

const forget = (call: Call): void => {
  collected.unregister(call);
};

let young: Call[] = [];

/**
 * The same for a promise: it can be garbage before it has settled.
 *
 * Why it is registered only if it is still pending at the end of this turn of the event loop: to register and to unregister
 * takes several times as long as the rest of a call, and most promises that do not wait for the outside settle at once.
 */
export function releaseWhenPromiseCollected(promise: object, call: Call): void {
  if (call.leases === undefined) return;
  if (young.length === 0) setImmediate(registerYoung);
  call.awaited = promise;
  young.push(call);
}

/** The promise of the call has resolved to something that completes it, and may be garbage from now on. */
export function forgetPromise(call: Call): void {
  call.awaited = undefined;
  call.onEnd?.(call);
  call.onEnd = undefined;
}

function registerYoung(): void {
  const pending = young;
  young = [];
  for (const call of pending) {
    const { awaited } = call;
    call.awaited = undefined;
    if (awaited !== undefined && !call.hasEnded) releaseWhenCollected(awaited, call);
  }
}
