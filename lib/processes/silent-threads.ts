import type { ReceivedSource } from './received-source.js';
import type { SourceIdentity } from './transports/messages.js';

/** A thread that has published nothing for so many of its intervals is silent. */
const silentIntervals = 20;
/** So many intervals later it must be so still. Why: what it has sent may wait for the event loop of this process. */
const laterIntervals = 2;

interface Silence {
  /** The last frame before it. */
  readonly frameAt: number;
  readonly seenAt: number;
}

/**
 * Finds threads that live and publish nothing: those of a pool may wait for their next task in a way that lets no timer run,
 * and what they have counted is lost where the pool ends them.
 */
export class SilentThreads {
  readonly #silences = new WeakMap<ReceivedSource, Silence>();

  /**
   * A thread that is silent, and was so the last time, as far as can be told. A thread of a process that is silent as a whole
   * is not meant: that one is blocked, or too busy.
   */
  find(sources: readonly ReceivedSource[], now = performance.now()): SourceIdentity | undefined {
    const silent = sources.filter((source) => this.#isSilent(source, now));
    const blocked = new Set(silent.filter(({ identity }) => identity.thread === 0).map(({ identity }) => identity.pid));
    return silent.find(({ identity }) => identity.thread !== 0 && !blocked.has(identity.pid))?.identity;
  }

  #isSilent(source: ReceivedSource, now: number): boolean {
    const { lastFrameAt: frameAt, intervalSeconds, ending } = source;
    const interval = intervalSeconds * 1000;
    if (ending !== undefined || now - frameAt < silentIntervals * interval) return false;
    const known = this.#silences.get(source);
    if (known?.frameAt === frameAt) return now - known.seenAt >= laterIntervals * interval;
    this.#silences.set(source, { frameAt, seenAt: now });
    return false;
  }
}
