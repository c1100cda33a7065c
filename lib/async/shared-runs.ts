import { AsyncLocalStorage } from 'node:async_hooks';
import { withTimeout } from './timeout.js';

/**
 * Work for `SharedRuns`.
 *
 * @param claim must be asked before a result is used: it answers `false` where a later run of the same work was faster.
 */
export type SharedWork<Result> = (claim: () => boolean) => Result | PromiseLike<Result>;

/** The longest pause, in seconds, before work that has hung each time is tried again. */
const maxPauseSeconds = 600;

/**
 * Runs work once for all callers that want it at the same time, while each of them waits no longer than a limit of its own.
 *
 * A run that is older than the limit of a caller, or that was waited for as long in vain, is late for this caller: the work
 * starts anew. Work that hangs each time is started less and less often.
 */
export class SharedRuns {
  readonly #histories = new WeakMap<object, History>();

  /** Whether the calling code is part of a run that has a waiting caller: such code must not wait for the run. */
  get isInside(): boolean {
    for (let run = current.getStore(); run !== undefined; run = run.parent) {
      if (run.owner === this && run.isAwaited) return true;
    }
    return false;
  }

  /** Whether a run of this key is going on. */
  isRunning(key: object): boolean {
    return (this.#histories.get(key)?.unfinished ?? 0) > 0;
  }

  /**
   * The result of the run of this key that is going on, or of a new one, which starts before this returns. Rejects as the
   * work does, and once this many seconds have passed.
   */
  async join<Result>(key: object, work: SharedWork<Result>, seconds: number): Promise<Awaited<Result>> {
    const history = this.#historyOf(key);
    if (!history.latest?.isUsefulFor(seconds)) {
      refuseDuringPause(history, seconds);
      history.latest = new Run(this, history, work);
    }
    return (await history.latest.wait(seconds)) as Awaited<Result>;
  }

  #historyOf(key: object): History {
    const history = this.#histories.get(key) ?? { latest: undefined, started: 0, unfinished: 0, newest: 0 };
    this.#histories.set(key, history);
    return history;
  }
}

/** The runs of one key. */
interface History {
  latest: Run | undefined;
  started: number;
  /** How many runs have not ended. */
  unfinished: number;
  /** The number of the latest run whose result is used. */
  newest: number;
}

function refuseDuringPause({ latest, unfinished }: History, seconds: number): void {
  const pause = unfinished < 2 ? 0 : Math.min(seconds * (2 ** (unfinished - 1) - 1), maxPauseSeconds);
  if (latest === undefined || latest.age >= pause) return;
  throw new Error(`${unfinished} earlier runs of it have not ended`);
}

class Run {
  readonly owner: SharedRuns;
  /** The run that has caused this one. */
  readonly parent = current.getStore();
  readonly #history: History;
  readonly #number: number;
  readonly #work: SharedWork<unknown>;
  readonly #startedAt = performance.now();
  #result: Promise<unknown> | undefined;
  #isFinished = false;
  #waiting = 0;
  /** The longest limit, in seconds, of a caller that has waited in vain. */
  #waitedInVain = 0;

  constructor(owner: SharedRuns, history: History, work: SharedWork<unknown>) {
    this.owner = owner;
    this.#history = history;
    this.#number = ++history.started;
    this.#work = work;
  }

  /** In seconds. */
  get age(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Whether a caller with this limit should wait for it. */
  isUsefulFor(seconds: number): boolean {
    return !this.#isFinished && this.age < seconds && this.#waitedInVain < seconds;
  }

  /** Starts the work for its first caller. Rejects once this many seconds have passed. */
  async wait(seconds: number): Promise<unknown> {
    // Why before the work begins: work that asks for its own key at once must be known as a part of this run.
    this.#countWaiting(1);
    this.#result ??= this.#start();
    try {
      return await withTimeout(this.#result, seconds, () => {
        this.#waitedInVain = Math.max(this.#waitedInVain, seconds);
        throw new Error(`it took longer than ${seconds} s`);
      });
    } finally {
      this.#countWaiting(-1);
    }
  }

  #start(): Promise<unknown> {
    const result = current.run(this, () => this.#run());
    // Why: it may fail when nobody waits for it any more.
    result.catch(() => undefined);
    return result;
  }

  async #run(): Promise<unknown> {
    this.#history.unfinished++;
    try {
      return await this.#work(() => this.#claim());
    } finally {
      this.#isFinished = true;
      this.#history.unfinished--;
    }
  }

  #claim(): boolean {
    if (this.#history.newest > this.#number) return false;
    this.#history.newest = this.#number;
    return true;
  }

  #countWaiting(more: 1 | -1): void {
    const before = this.isAwaited;
    this.#waiting += more;
    if (before === this.isAwaited) return;
    awaitedRuns += more;
    // Why: Node 20 and 22 make every promise of the process slower while a storage is in use.
    if (awaitedRuns === 0) current.disable();
  }
}

/** The run that the current code is part of, also after an `await`. */
const current = new AsyncLocalStorage<Run>();
/** How many runs have a caller that waits for them. */
let awaitedRuns = 0;
