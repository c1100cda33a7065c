import type { OtlpExporter } from '../../otlp/otlp-exporter.js';
import { processState } from '../../process-state.js';
import { withProcessMetrics } from '../../prometheus/prom-client/process-metrics.js';
import type { ExposedFamily, Scrapable, ScrapeLimits } from '../../store/exposed-family.js';
import { chooseFamilies } from '../../store/selection.js';
import { SharedStore } from '../../thread/shared-store.js';
import { Transferred } from './dialogue.js';
import type { MainProcess } from './main-process.js';
import type { MainAnswer, MainQuestion } from './messages.js';
import { postFamilies } from './posted-families.js';

/** What the metrics thread reads in shared memory, and what it has to ask the main thread for. */
export class MainFamilies {
  readonly #scrapable: Scrapable;
  readonly #exporter: OtlpExporter | undefined;
  readonly #shared: SharedStore;
  /** What is observed of this thread; absent where that is not wanted, or not possible. */
  readonly process: MainProcess | undefined;

  constructor(scrapable: Scrapable, exporter: OtlpExporter | undefined, process: MainProcess | undefined) {
    this.#scrapable = scrapable;
    this.#exporter = exporter;
    this.process = process;
    this.#shared = new SharedStore(scrapable);
  }

  get shared(): SharedStore {
    return this.#shared;
  }

  /** Answers the thread: what is computed, and what is not of the recorder, but of this thread. */
  async answer({ limits, numbers: areWanted, processMetrics, known }: MainQuestion): Promise<Transferred> {
    const { families: computed, answer } = await this.#shared.computedFamilies(limits, known);
    const others = await this.#readOthers(computed ?? [], limits, processMetrics);
    const { nameValidation } = this.#scrapable;
    const families = await postFamilies([...(computed ?? []), ...others]);
    const numbers = areWanted ? this.process?.read() : undefined;
    const hasProcessMetrics = processMetrics.length > 0 && processState.processMetrics.registry !== undefined;
    const hasOthers = areWanted || hasProcessMetrics || this.#exporter !== undefined;
    const message: MainAnswer = { families, computed: computed?.length, answer, numbers, hasOthers, nameValidation };
    // Why not always: to hand over a few numbers takes longer than to copy them.
    const buffers = families.numbers.length > 8192 ? [families.numbers.buffer as ArrayBuffer] : [];
    return new Transferred(message, buffers);
  }

  close(): void {
    this.#shared.close();
  }

  async #readOthers(
    computed: readonly ExposedFamily[],
    limits: ScrapeLimits,
    processMetrics: MainQuestion['processMetrics'],
  ): Promise<readonly ExposedFamily[]> {
    const isChosen = chooseFamilies(limits.names);
    const labels = this.#scrapable.constantLabels?.() ?? [];
    const isWanted = (name: string): boolean =>
      isChosen(name) && (processMetrics === 'all' || processMetrics.includes(name));
    const withProcess = processMetrics.length === 0 ? computed : await withProcessMetrics(computed, labels, isWanted);
    const nothing: Scrapable = { constantLabels: () => labels, exposedFamilies: async () => [] };
    const exported = (await this.#exporter?.mergeWith(nothing).exposedFamilies(limits)) ?? [];
    return [...withProcess.slice(computed.length), ...exported];
  }
}
