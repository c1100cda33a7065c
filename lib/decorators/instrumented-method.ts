import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import { recorderOf } from '../recorder/wiring.js';
import { BoundMethod } from './bound-method.js';
import type { Instrument } from './instrument.js';
import { adviseUnwired } from './unwired.js';

/** The instruments of one wrapped method, bound to each recorder that its calls report to. */
export class InstrumentedMethod {
  readonly #instruments: Instrument[] = [];
  #bound = new WeakMap<MetricsRecorder, BoundMethod>();
  // Why kept: nearly all calls of a method report to one recorder, and a comparison is cheaper than a look-up.
  #lastRecorder: MetricsRecorder | undefined;
  #lastBound: BoundMethod | undefined;

  /** Takes one more decorator: stacked ones share the wrapper. */
  add(instrument: Instrument): void {
    this.#instruments.push(instrument);
    this.#bound = new WeakMap();
    this.#lastRecorder = undefined;
  }

  /** The instruments as bound to the recorder of this instance; `undefined` where nothing is to be recorded. */
  boundFor(instance: unknown): BoundMethod | undefined {
    try {
      const recorder = recorderOf(instance);
      if (recorder === undefined) return adviseUnwired(instance, this.#instruments);
      return recorder === this.#lastRecorder ? this.#lastBound : this.#bind(recorder);
    } catch {
      // Why swallowed: only an instance that refuses to be looked at, such as a revoked Proxy, gets here.
      return undefined;
    }
  }

  #bind(recorder: MetricsRecorder): BoundMethod {
    let bound = this.#bound.get(recorder);
    if (bound === undefined) {
      bound = new BoundMethod(this.#instruments, recorder);
      this.#bound.set(recorder, bound);
    }
    this.#lastRecorder = recorder;
    this.#lastBound = bound;
    return bound;
  }
}
