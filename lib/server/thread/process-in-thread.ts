import {
  listProcessMetrics,
  loadProcessMetrics,
  withProcessMetrics,
} from '../../prometheus/prom-client/process-metrics.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { type MainNumbers, mainMetrics, readDelay } from './main-numbers.js';
import type { MainQuestion, ThreadData } from './messages.js';

type IsChosen = (name: string) => boolean;

/** Is the same in each thread, although its name says that it is Node's. */
const sameEverywhere = 'nodejs_version_info';

/**
 * The metrics of the process, as the metrics thread exposes them: those of the whole process are read here, those of the main
 * thread are made of the numbers that it gives. A client that is loaded here says what they are called, and what they mean.
 */
export class ProcessInThread {
  readonly #isWanted: boolean;
  readonly #observed: ThreadData['observed'];

  /** @param observed how the main thread is observed; absent where it gives no numbers. */
  constructor(isWanted: boolean, observed: ThreadData['observed']) {
    this.#isWanted = isWanted;
    this.#observed = observed;
  }

  /** Loads the client, if there is one that can be loaded here. */
  async load(): Promise<void> {
    if (this.#isWanted) await loadProcessMetrics();
  }

  /** What a client on the main thread has to compute: everything where there is none here, else what is unknown here. */
  get leftToMain(): MainQuestion['processMetrics'] {
    if (!this.#isWanted) return [];
    const names = listProcessMetrics();
    return names.length === 0 ? 'all' : names.filter((name) => !this.#isKnown(name));
  }

  /** Whether the numbers of the main thread are needed for these families. */
  needsNumbers(isChosen: IsChosen): boolean {
    return this.#isWanted && listProcessMetrics().some((name) => this.#isMade(name) && isChosen(name));
  }

  /** The samples of what the numbers of the main thread tell, by the names of the families. */
  read(numbers: MainNumbers, isChosen: IsChosen): ReadonlyMap<string, ExposedFamily['write']> {
    const names = Object.keys(mainMetrics).filter(isChosen);
    const { delay } = this.#observed ?? {};
    // Why not always: it begins anew when it is read.
    const isDelayed = delay !== undefined && names.some((name) => name.startsWith('nodejs_eventloop_lag_'));
    const complete = isDelayed ? { ...numbers, delay: readDelay(delay) } : numbers;
    return new Map(
      names.map((name) => [
        name,
        function* (samples) {
          mainMetrics[name]?.(complete, samples);
          yield;
        },
      ]),
    );
  }

  /** Adds the metrics of the process to these families; those of the main thread as far as they were read. */
  addTo(
    families: readonly ExposedFamily[],
    labels: ConstantLabels,
    isChosen: IsChosen,
    read: ReadonlyMap<string, ExposedFamily['write']>,
  ): Promise<readonly ExposedFamily[]> {
    if (!this.#isWanted) return Promise.resolve(families);
    return withProcessMetrics(
      families,
      labels,
      (name) => isChosen(name) && this.#isKnown(name),
      (family) => {
        if (!this.#isMade(family.name)) return family;
        const write = read.get(family.name);
        return write && { ...family, write };
      },
    );
  }

  #isKnown(name: string): boolean {
    return name.startsWith('process_') || name === sameEverywhere || this.#isMade(name);
  }

  #isMade(name: string): boolean {
    return this.#observed !== undefined && Object.hasOwn(mainMetrics, name);
  }
}
