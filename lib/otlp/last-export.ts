import { beforeTermination } from '../async/termination.js';
import { shareGlobally } from '../process-state.js';

/** What an exporter does before its process ends. */
export interface LastExport {
  /** Sends what there is, within the time that it may take. Never rejects. */
  send(): Promise<unknown>;
}

/** Whether SIGTERM and SIGINT are left to somebody who closes the exporter then. */
export interface EndOptions {
  readonly leavesSignals?: boolean;
}

/**
 * Sends once more before the process ends: when it has nothing left to do, or when a signal or an uncaught error ends it. The
 * process ends in the same way as otherwise, only later. Returns a function that cancels this.
 */
export function beforeTheEnd(last: LastExport, { leavesSignals = false }: EndOptions = {}): () => void {
  const onBeforeExit = (): void => void last.send();
  const stopWaiting = leavesSignals
    ? () => undefined
    : beforeTermination({ finish: () => last.send(), hurry: () => undefined });
  const uncaught = shareGlobally(Symbol.for('flowplane-metrics.uncaught'), () => new UncaughtErrors());
  // Why once: what is sent keeps the loop running, and the event would come again for ever.
  process.once('beforeExit', onBeforeExit);
  uncaught.add(last);
  return () => {
    stopWaiting();
    process.off('beforeExit', onBeforeExit);
    uncaught.remove(last);
  };
}

/**
 * Delays the end of the process by an uncaught error until everything has been sent.
 *
 * Why one for all exporters of the process: each would take the listener of another one for the application's.
 */
class UncaughtErrors {
  readonly #exports = new Set<LastExport>();
  #isEnding = false;

  add(last: LastExport): void {
    // Why first: a listener that removes itself, as `once` does, is still there to be counted.
    if (this.#exports.size === 0) process.prependListener('uncaughtException', this.#receive);
    this.#exports.add(last);
  }

  remove(last: LastExport): void {
    this.#exports.delete(last);
    if (this.#exports.size === 0 && !this.#isEnding) process.off('uncaughtException', this.#receive);
  }

  readonly #receive = (error: unknown): void => {
    // Why: an application that handles the error decides by itself what comes next.
    if (process.listenerCount('uncaughtException') > 1) return;
    // Why a later one is not looked at: the first one ends the process, and may be its cause.
    if (this.#isEnding) return;
    this.#isEnding = true;
    void Promise.allSettled([...this.#exports].map((last) => last.send())).then(() => this.#throwAgain(error));
  };

  /** Why outside of the promise: there it would be a rejection, and Node would say other words. */
  #throwAgain(error: unknown): void {
    process.off('uncaughtException', this.#receive);
    setImmediate(() => {
      throw error;
    });
  }
}
