import type { DropReason } from '../error.js';
import { type Family, sameDefinition } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelSet, Policies } from '../families/label-policy.js';
import { AbstractRecorder, type RecorderOptions } from '../recorder/abstract-recorder.js';
import type { Advice } from '../recorder/advice.js';
import { listed, setAll } from '../recorder/collected.js';
import type { Collected, Collector, FamilyRecorder } from '../recorder/metrics-recorder.js';
import { NameRegister } from '../recorder/name-register.js';
import { MemoryFamily } from './memory-family.js';
import { type Labels, type Reading, type Readings, sameLabels } from './readings.js';

/** An observation that was not recorded. */
export interface Drop {
  readonly metric: string;
  readonly reason: DropReason;
}

/**
 * Records into plain Maps, for tests: what was recorded can be read back, label values appear as production would expose
 * them, and advice is kept rather than printed.
 */
export class MemoryRecorder extends AbstractRecorder implements Readings {
  readonly #families = new Map<string, MemoryFamily>();
  readonly #names = new NameRegister();
  readonly #collectors = new Map<string, () => void>();
  /** What was dropped, in order. */
  readonly drops: Drop[];
  /** What was advised, in order. */
  readonly advice: Advice[];

  constructor(options: RecorderOptions = {}) {
    const advice: Advice[] = [];
    super({ onAdvice: (one) => advice.push(one), ...options });
    this.advice = advice;
    this.drops = [];
  }

  override open(family: Family, site = family.site): FamilyRecorder {
    const open = this.#families.get(family.name);
    if (open !== undefined) {
      if (sameDefinition(open.family, family)) return open;
      throw this.#names.clash(family, family.name, site);
    }
    this.#names.take(family, family.name, site);
    this.adviseOnName(family);
    const recorder = new MemoryFamily(family);
    this.#families.set(family.name, recorder);
    return recorder;
  }

  /** Forgets every series of a family but its `initial` ones, which are at 0 again. */
  clear({ name }: Family): void {
    this.#families.get(name)?.clear();
  }

  /** Runs a synchronous collector whenever the family is read; what an asynchronous one gives is not waited for. */
  override collect(family: Family, collector: Collector): void {
    const { name } = family;
    this.open(family);
    this.#collectors.set(name, () => {
      const collected = collector();
      if (collected instanceof Promise) return;
      this.#families.get(name)?.remove({});
      setAll(this, family, listed(collected as Collected));
    });
  }

  /** Removes the series of a family that have these labels, whatever their other ones; says how many there were. */
  remove<P extends Policies>({ name }: Family<MetricKind, P>, labels: Partial<LabelSet<P>>): number {
    return this.#families.get(name)?.remove(labels) ?? 0;
  }

  families(): string[] {
    return [...this.#families.keys()];
  }

  /** The value of one sample: of a counter or gauge by its name, of a histogram by `…_count`, `…_sum` or `…_bucket`. */
  value(name: string, labels: Labels = {}): number | undefined {
    return this.series(name).find((reading) => sameLabels(reading.labels, labels))?.value;
  }

  increase(name: string, labels: Labels, run: () => PromiseLike<unknown>): Promise<number>;
  increase(name: string, labels: Labels, run: () => unknown): number;
  increase(name: string, labels: Labels, run: () => unknown): number | Promise<number> {
    const now = (): number => this.value(name, labels) ?? 0;
    const before = now();
    const running = run();
    return running instanceof Promise ? running.then(() => now() - before) : now() - before;
  }

  series(name: string): Reading[] {
    this.#collectors.get(name)?.();
    return [...this.#families.values()].flatMap((family) => family.samples(name));
  }

  protected override countDrop({ name }: Family, reason: DropReason): void {
    this.drops.push({ metric: name, reason });
  }
}
