import type { Lease, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { BoundInstrument, type End } from './bound-instrument.js';
import type { Instrument } from './instrument.js';

/** What a call began with, where that matters: when, and what its in-flight gauges have to be given back. */
export interface Beginning {
  readonly at: number;
  readonly leases: readonly (Lease | undefined)[];
}

/** All instruments of one method, bound to one recorder. */
export class BoundMethod {
  readonly #recorder: MetricsRecorder;
  readonly #settling: readonly BoundInstrument[];
  readonly #entering: readonly BoundInstrument[];
  /** Whether the beginning of a call matters: reading the clock costs more than recording. */
  readonly #begins: boolean;

  constructor(instruments: readonly Instrument[], recorder: MetricsRecorder) {
    const bound = (some: readonly Instrument[]) => some.map((one) => new BoundInstrument(one, recorder));
    this.#recorder = recorder;
    this.#settling = bound(instruments.filter(({ operation }) => operation !== 'enter'));
    this.#entering = bound(instruments.filter(({ operation }) => operation === 'enter'));
    this.#begins = instruments.some(({ amount }) => amount === undefined);
  }

  /** To be called before the method, and given to `settle`. */
  begin(self: unknown, args: readonly unknown[]): Beginning | undefined {
    return this.#begins ? this.#beginning(self, args) : undefined;
  }

  /** Records a call that has ended. */
  settle(end: End, self: unknown, args: readonly unknown[], settled: unknown, beginning: Beginning | undefined): void {
    const seconds = beginning === undefined ? 0 : this.#since(beginning);
    for (let i = 0; i < this.#settling.length; i++) {
      (this.#settling[i] as BoundInstrument).settle(end, self, args, settled, seconds);
    }
  }

  #beginning(self: unknown, args: readonly unknown[]): Beginning {
    const leases = this.#entering.map((instrument) => instrument.enter(self, args));
    return { at: this.#recorder.now(), leases };
  }

  #since({ at, leases }: Beginning): number {
    const seconds = this.#recorder.now() - at;
    for (const [i, lease] of leases.entries()) {
      if (lease !== undefined) this.#entering[i]?.leave(lease);
    }
    return seconds;
  }
}
