import { clearInterval, setInterval } from 'node:timers';
import { runningMethod } from '../instrumentation/running-method.js';
import { finishCalls } from '../instrumentation/unfinished-calls.js';

/** How often the event loop notes that it turns, in milliseconds. */
const beatMilliseconds = 100;

/** How many milliseconds late the event loop counts as blocked. Why not 0: a loop with work is always a little late. */
const tolerance = 100;

/** Milliseconds on a clock that all threads of the process share, and that no test replaces. */
const now = process.hrtime.bigint;
const milliseconds = (): number => Number(now()) / 1e6;

// Why kept: a test may put fake timers in their place.
const repeat = setInterval;
const stop = clearInterval;

/** The state of the main thread's event loop, in memory that other threads read. */
class LoopState {
  /** A number, the time of the last beat; then a word, the number of the method that runs. */
  readonly memory = new SharedArrayBuffer(16);
  readonly #lastBeat = new Float64Array(this.memory, 0, 1);
  readonly #method = new Int32Array(this.memory, 8, 1);
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Keeps the state up to date until the returned function is called. */
  watch(): () => void {
    if (this.#watchers++ === 0) this.#start();
    let isWatched = true;
    return () => {
      if (!isWatched) return;
      isWatched = false;
      if (--this.#watchers === 0) this.#end();
    };
  }

  #start(): void {
    this.#beat();
    this.#timer = repeat(() => this.#beat(), beatMilliseconds).unref();
    runningMethod.word = this.#method;
  }

  #end(): void {
    stop(this.#timer);
    runningMethod.word = undefined;
  }

  #beat(): void {
    this.#lastBeat[0] = milliseconds();
    // Why: where a stack was exhausted, a method may have ended without saying so. None runs now.
    this.#method[0] = 0;
    // Why here too: the other thread reads numbers without asking this one.
    finishCalls();
  }
}

let state: LoopState | undefined;

/** The event loop of this thread, for the copies of all its stores. */
export function shareLoopState(): LoopState {
  state ??= new LoopState();
  return state;
}

/** Reads in another thread how the event loop of the main thread is. */
export class LoopReader {
  readonly #lastBeat: Float64Array;
  readonly #method: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#lastBeat = new Float64Array(memory, 0, 1);
    this.#method = new Int32Array(memory, 8, 1);
  }

  /** For how many seconds the event loop has been blocked; 0 where it is not. */
  get blockedSeconds(): number {
    const late = milliseconds() - (this.#lastBeat[0] as number) - beatMilliseconds;
    return late > tolerance ? late / 1000 : 0;
  }

  /** The number of the decorated method that runs; 0 if there is none. */
  get method(): number {
    return this.#method[0] as number;
  }
}
