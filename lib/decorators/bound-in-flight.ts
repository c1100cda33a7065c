import type { DropReason } from '../definition/drop-reason.js';
import type { End } from '../ends/ending.js';
import { read } from '../readers/reader.js';
import type { FamilyRecorder, Lease, MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { Beginning } from './beginning.js';
import type { BoundChain } from './bound-chain.js';
import type { Instrument } from './instrument.js';
import { openOrRefuse } from './open-or-refuse.js';
import { drop } from './unrecordable.js';

/** An in-flight gauge that reports to one recorder: +1 when a call begins, −1 when it has ended. */
export class BoundInFlight implements BoundChain {
  readonly begins = true;
  readonly #next: BoundChain | undefined;
  readonly #instrument: Instrument;
  readonly #recorder: MetricsRecorder;
  readonly #family: FamilyRecorder;

  constructor(instrument: Instrument, recorder: MetricsRecorder, next: BoundChain | undefined) {
    this.#next = next;
    this.#instrument = instrument;
    this.#recorder = recorder;
    this.#family = openOrRefuse(instrument, recorder);
  }

  begin(self: unknown, args: readonly unknown[], beginning: Beginning): void {
    this.#enter(self, args, beginning);
    this.#next?.begin(self, args, beginning);
  }

  settle(end: End, self: unknown, args: readonly unknown[], settled: unknown, beginning: Beginning | undefined): void {
    this.#leave(beginning);
    this.#next?.settle(end, self, args, settled, beginning);
  }

  release(beginning: Beginning): void {
    this.#leave(beginning);
    this.#next?.release(beginning);
  }

  #leave(beginning: Beginning | undefined): void {
    const lease = beginning?.leases.get(this);
    if (lease === undefined) return;
    beginning?.leases.delete(this);
    this.#family.leave(lease);
  }

  #enter(self: unknown, args: readonly unknown[], { leases }: Beginning): void {
    let values: unknown[] = [];
    let entered: Lease | DropReason = 'reader_threw';
    let cause: unknown;
    try {
      values = this.#instrument.labels.returned.map((reader) => read(reader, self, args, undefined));
      entered = this.#family.enter(values);
    } catch (thrown) {
      cause = thrown;
    }
    if (typeof entered === 'number') leases.set(this, entered);
    else drop(this.#instrument, this.#recorder, entered, cause, values);
  }
}
