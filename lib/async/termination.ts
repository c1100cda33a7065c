import { constants } from 'node:os';
import { shareGlobally } from '../process-state.js';
import { nextTurn } from './slices.js';

/** A signal that asks a process to end: SIGTERM from an orchestrator, SIGINT from PM2 or the keyboard. */
type TerminationSignal = 'SIGTERM' | 'SIGINT';

const terminationSignals: readonly TerminationSignal[] = ['SIGTERM', 'SIGINT'];

/** What is to be done before a signal ends the process. */
export interface LastWork {
  /** Resolves when it is done. */
  finish(): Promise<unknown>;
  /** Asks for what `finish` can do without waiting any longer. */
  hurry(): void;
}

/**
 * Adds work that is done before SIGTERM or SIGINT ends the process.
 *
 * Why one list for all copies of the package: each copy would take the listeners of the others for the application's, and
 * none would end the process.
 *
 * @returns the function that takes the work back.
 */
export function beforeTermination(work: LastWork): () => void {
  return shareGlobally(Symbol.for('flowplane-metrics.termination'), () => new Termination()).add(work);
}

/** A signal that has no effect has had none by then: the process has ended, or nothing ends it. */
const raiseMs = 100;

/**
 * Lets the event loop turn once more before the process ends.
 *
 * Why: a process that has nothing left to do ends without receiving the signal that it has just sent to itself, because a
 * listener does not keep it running. It would end with the code 0.
 */
const turnOnce = (): void => void setImmediate(() => undefined);

/**
 * Delays the end of a process that gets a signal, and changes nothing else: an application that handles the signal ends the
 * process itself; otherwise the signal ends it, as it would without this class.
 */
class Termination {
  readonly #work = new Set<LastWork>();
  #isListening = false;
  readonly #received = new Set<TerminationSignal>();
  /** The signal that is to end the process; `undefined` where the application does that itself. */
  #endsBy: TerminationSignal | undefined;
  readonly #listeners = {
    SIGTERM: () => this.#receive('SIGTERM'),
    SIGINT: () => this.#receive('SIGINT'),
  };

  add(work: LastWork): () => void {
    this.#listen();
    this.#work.add(work);
    return () => {
      this.#work.delete(work);
      if (this.#work.size === 0 && this.#received.size === 0) this.#stopListening();
    };
  }

  #receive(signal: TerminationSignal): void {
    const isFirst = this.#received.size === 0;
    const isRepeated = this.#received.has(signal);
    this.#received.add(signal);
    if (this.#isHandled(signal)) {
      this.#endsBy = undefined;
      if (isRepeated) for (const { hurry } of this.#work) hurry();
    } else if (this.#endsBy === undefined) {
      // Why a later signal does not end it at once here: an application that has handled the first one, and handles this one
      // no more, has cleaned up and sends it itself, to end by it.
      this.#endsBy = signal;
    } else {
      this.#raise(signal);
    }
    if (isFirst) void this.#finish();
  }

  async #finish(): Promise<void> {
    await Promise.allSettled([...this.#work].map((work) => work.finish()));
    // Why: a process warning about that work is printed in a later turn.
    await nextTurn();
    const endsBy = this.#endsBy;
    this.#endsBy = undefined;
    this.#received.clear();
    if (endsBy !== undefined) return this.#raise(endsBy);
    // Why it listens on: the application may still clean up, and then send the signal again to end by it.
    process.off('beforeExit', turnOnce);
    process.once('beforeExit', turnOnce);
  }

  /** Ends the process by this signal, unless a listener has been added that handles it. */
  #raise(signal: TerminationSignal): void {
    this.#stopListening();
    process.kill(process.pid, signal);
    if (this.#isHandled(signal)) return;
    // Why: the kernel drops a signal that the first process of a container does not handle. This is what a shell reports
    // for a process that has ended by it.
    setTimeout(() => process.exit(128 + constants.signals[signal]), raiseMs);
  }

  /** Whether the application handles this signal, so that it does not end the process. */
  #isHandled(signal: TerminationSignal): boolean {
    const others = process.listeners(signal).filter((listener) => listener !== this.#listeners[signal]);
    return others.length > countSignalExit();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    process.on('newListener', this.#stayFirst);
    // Why first: a listener that removes itself, as `once` does, is still there to be counted.
    for (const signal of terminationSignals) process.prependListener(signal, this.#listeners[signal]);
  }

  #stopListening(): void {
    this.#isListening = false;
    process.off('newListener', this.#stayFirst);
    for (const signal of terminationSignals) process.off(signal, this.#listeners[signal]);
  }

  readonly #stayFirst = (event: string | symbol, added: unknown): void => {
    const signal = terminationSignals.find((name) => name === event);
    if (signal === undefined || added === this.#listeners[signal]) return;
    // Why later: the event comes before the listener is there.
    queueMicrotask(() => {
      const ours = this.#listeners[signal];
      const all = process.listeners(signal);
      if (all[0] === ours || !all.includes(ours)) return;
      process.off(signal, ours);
      process.prependListener(signal, ours);
    });
  };
}

/**
 * How many listeners of the package signal-exit each signal has. They end the process only where no other listener is there,
 * so they do not count as the application's.
 *
 * Source: signal-exit 3.0.7 and 4.1.0, which find each other in the same way.
 */
function countSignalExit(): number {
  const emitters = [
    (process as { readonly __signal_exit_emitter__?: unknown }).__signal_exit_emitter__,
    (globalThis as { readonly [key: symbol]: unknown })[Symbol.for('signal-exit emitter')],
  ];
  return emitters.reduce<number>((sum, emitter) => sum + (Number((emitter as { count?: unknown })?.count) || 0), 0);
}
