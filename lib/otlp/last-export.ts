import { beforeTermination } from '../async/termination.js';

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
 * Sends once more before the process ends: where it has nothing left to do, where a signal or an uncaught error ends it. It
 * ends in the same way as without us, only later. Returns the function that takes this back.
 */
export function beforeTheEnd(last: LastExport, { leavesSignals = false }: EndOptions = {}): () => void {
  const onBeforeExit = (): void => void last.send();
  const onUncaught = (error: unknown): void => {
    process.off('uncaughtException', onUncaught);
    // Why: an application that handles the error decides by itself what comes next.
    if (process.listenerCount('uncaughtException') > 0) return;
    void last.send().then(() => throwAgain(error));
  };
  const stopWaiting = leavesSignals
    ? () => undefined
    : beforeTermination({ finish: () => last.send(), hurry: () => undefined });
  // Why once: what is sent keeps the loop running, and the event would come again for ever.
  process.once('beforeExit', onBeforeExit);
  process.on('uncaughtException', onUncaught);
  return () => {
    stopWaiting();
    process.off('beforeExit', onBeforeExit);
    process.off('uncaughtException', onUncaught);
  };
}

/** Why outside of the promise: there it would be a rejection, and Node would say other words. */
function throwAgain(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
