import { recorderOf } from '../recorder/attach.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { Bound } from './bound.js';
import { BoundInFlight } from './bound-in-flight.js';
import { BoundInstrument } from './bound-instrument.js';
import { BoundStack } from './bound-stack.js';
import type { Instrument } from './instrument.js';
import { warnNotAttached } from './unwired.js';

/** The instruments of one wrapped method, bound to each recorder that its calls report to. */
export class InstrumentedMethod {
  readonly instruments: Instrument[] = [];
  private bound = new WeakMap<MetricsRecorder, Bound>();
  // Why kept: nearly all calls of a method report to one recorder, and a comparison is cheaper than a look-up.
  private lastRecorder: MetricsRecorder | undefined;
  private lastBound: Bound | undefined;

  /** Takes one more decorator: stacked ones share the wrapper. */
  add(instrument: Instrument): void {
    this.instruments.push(instrument);
    this.bound = new WeakMap();
    this.lastRecorder = undefined;
  }

  /** What the calls are told to, bound to the recorder of this instance; `undefined` where nothing is to be recorded. */
  boundFor(instance: unknown): Bound | undefined {
    try {
      const recorder = recorderOf(instance);
      if (recorder === undefined) return warnNotAttached(instance, this.instruments);
      return recorder === this.lastRecorder ? this.lastBound : this.bind(recorder);
    } catch {
      // Why swallowed: only an instance that refuses to be looked at, such as a revoked Proxy, gets here.
      return undefined;
    }
  }

  private bind(recorder: MetricsRecorder): Bound {
    let bound = this.bound.get(recorder);
    if (bound === undefined) {
      bound = this.boundTo(recorder);
      this.bound.set(recorder, bound);
    }
    this.lastRecorder = recorder;
    this.lastBound = bound;
    return bound;
  }

  private boundTo(recorder: MetricsRecorder): Bound {
    const parts = this.instruments.map((instrument) => {
      const Part = instrument.operation === 'enter' ? BoundInFlight : BoundInstrument;
      return new Part(instrument, recorder);
    });
    return parts.length === 1 ? (parts[0] as Bound) : new BoundStack(parts);
  }
}
