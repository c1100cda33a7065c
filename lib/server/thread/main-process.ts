import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { garbageCollections } from './garbage-collections.js';
import { type DelayHistogram, type Listed, type MainNumbers, readDelay } from './main-numbers.js';

/** How often the event loop is looked at, in milliseconds: as often as prom-client does. */
const resolution = 10;

// Why kept: a test may put a fake one in its place.
const soon = setImmediate;

/** What Node lists of its own, beside what its types say. */
interface Lists {
  getActiveResourcesInfo?(): readonly string[];
  _getActiveHandles?(): readonly unknown[];
  _getActiveRequests?(): readonly unknown[];
}

/**
 * Observes the main thread, and reads what the metrics of the process say of it as numbers. Why no metrics: to compute these
 * and to hand them over takes several times as long.
 */
export class MainProcess {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution });
  #lag = 0;
  /** How late the event loop is, for the thread to read; absent where it cannot be handed over. */
  readonly sharedDelay: DelayHistogram | undefined = isShareable(this.#delay) ? this.#delay : undefined;

  constructor() {
    this.#delay.enable();
    garbageCollections.watch(this);
  }

  read(): MainNumbers {
    const lists: Lists = process;
    const numbers: MainNumbers = {
      lag: this.#lag,
      delay: this.sharedDelay === undefined ? readDelay(this.#delay) : undefined,
      heap: readHeap(),
      spaces: getHeapSpaceStatistics(),
      resources: list(lists.getActiveResourcesInfo?.()),
      handles: list(lists._getActiveHandles?.(), nameOfClass),
      requests: list(lists._getActiveRequests?.(), nameOfClass),
      collections: garbageCollections.byKind,
    };
    this.#measureLag();
    return numbers;
  }

  #measureLag(): void {
    const began = performance.now();
    soon(() => {
      this.#lag = (performance.now() - began) / 1000;
    });
  }

  close(): void {
    this.#delay.disable();
    garbageCollections.unwatch(this);
  }
}

/** Starts to observe the main thread; `undefined` where the runtime does not let it, as some that are not Node. */
export function observeMainThread(): MainProcess | undefined {
  try {
    return new MainProcess();
  } catch {
    return undefined;
  }
}

function isShareable(histogram: IntervalHistogram): boolean {
  const { port1 } = new MessageChannel();
  try {
    port1.postMessage(histogram);
    return true;
  } catch {
    return false;
  } finally {
    port1.close();
  }
}

/** Why not `process.memoryUsage()`: it reads the memory of the whole process too, which the system has to look up. */
function readHeap(): MainNumbers['heap'] {
  const { total_heap_size, used_heap_size, external_memory } = getHeapStatistics();
  return { total_heap_size, used_heap_size, external_memory };
}

/** Counts what is listed by its types; a thing without a type counts only in the whole. */
function list<T>(
  things: readonly T[] | undefined,
  typeOf: (thing: T) => unknown = (thing) => thing,
): Listed | undefined {
  if (things === undefined) return undefined;
  const byType: Record<string, number> = Object.create(null);
  for (const thing of things) {
    const type = typeOf(thing);
    if (typeof type === 'string') byType[type] = (byType[type] ?? 0) + 1;
  }
  return { count: things.length, byType };
}

const nameOfClass = (thing: unknown): unknown =>
  (thing as { readonly constructor?: { readonly name?: unknown } } | null)?.constructor?.name;
