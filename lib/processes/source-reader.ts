import { withProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import { type CellSource, type CellStore, isCellStore } from '../store/cells.js';
import type { ExposedFamily, Scrapable } from '../store/exposed-family.js';
import { ScrapedCells } from './wire/scraped-cells.js';

const everything = (): boolean => true;

/** Reads a recorder as cells: those of its store, where it has one, and what has to be computed. */
export class SourceReader {
  /** The cells of the store; `undefined` where what is read is no store: then everything is computed. */
  readonly stored: CellStore | undefined;
  readonly #computed = new ScrapedCells();
  readonly #scrapable: Scrapable;
  readonly #hasProcessMetrics: boolean;

  constructor(scrapable: Scrapable, hasProcessMetrics: boolean) {
    this.#scrapable = scrapable;
    this.#hasProcessMetrics = hasProcessMetrics;
    this.stored = isCellStore(scrapable) ? scrapable : undefined;
  }

  /** What had to be computed, as it was at the last collection. */
  get computed(): CellSource {
    return this.#computed;
  }

  /** Ends what is due before the cells are read. */
  async prepare(): Promise<void> {
    await this.stored?.prepareReading();
  }

  /** Runs the collectors, each of which may take so many seconds. Not to be called before an earlier call has settled. */
  async collect(timeoutSeconds: number): Promise<void> {
    await this.#computed.update(await this.#readComputed(timeoutSeconds));
  }

  async #readComputed(timeoutSeconds: number): Promise<readonly ExposedFamily[]> {
    const limits = { timeoutSeconds };
    const families = await (this.stored?.computedFamilies(limits) ?? this.#scrapable.exposedFamilies(limits));
    if (!this.#hasProcessMetrics) return families;
    return withProcessMetrics(families, this.#scrapable.constantLabels?.() ?? [], everything);
  }
}
