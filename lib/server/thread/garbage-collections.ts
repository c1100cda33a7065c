import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { type Collections, collectionBounds } from './main-numbers.js';

const kinds: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** A garbage collection, as Node tells it. */
interface CollectionEntry extends PerformanceEntry {
  readonly detail: { readonly kind: number };
}

/** Counts garbage collections while somebody wants to know of them. What it has counted stays. */
class GarbageCollections {
  readonly byKind: Record<string, Collections> = {};
  readonly #watchers = new Set<object>();
  #observer: PerformanceObserver | undefined;

  /** @throws where the runtime tells of none. */
  watch(watcher: object): void {
    this.#observer ??= this.#observe();
    this.#watchers.add(watcher);
  }

  unwatch(watcher: object): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#observer?.disconnect();
    this.#observer = undefined;
  }

  #observe(): PerformanceObserver {
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#count(entry as CollectionEntry);
    });
    observer.observe({ entryTypes: ['gc'] });
    return observer;
  }

  #count({ duration, detail }: CollectionEntry): void {
    const kind = kinds.get(detail.kind);
    if (kind === undefined) return;
    const seconds = duration / 1000;
    this.byKind[kind] ??= { counts: collectionBounds.map(() => 0), seconds: 0 };
    const collections = this.byKind[kind] as Collections;
    const bucket = collectionBounds.findIndex((bound) => seconds <= bound);
    collections.counts[bucket] = (collections.counts[bucket] as number) + 1;
    collections.seconds += seconds;
  }
}

/** Those of this process. Why one for all servers, of which each may end: a count must not fall while the process lives. */
export const garbageCollections = new GarbageCollections();
