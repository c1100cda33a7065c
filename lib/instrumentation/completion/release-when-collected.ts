import type { Pending } from './completion.js';

const abandoned = new FinalizationRegistry<() => void>((release) => release());

/**
 * Gives back what a call holds when nobody can take the last step of its result any more; when that is seen is up to the
 * garbage collector.
 *
 * Why only that, rather than recording the call: it has neither returned nor thrown, and what its labels are read from
 * would have to be kept alive, the result itself perhaps included.
 */
export function releaseWhenCollected(result: object, { release }: Pending): void {
  if (release !== undefined) abandoned.register(result, release);
}
