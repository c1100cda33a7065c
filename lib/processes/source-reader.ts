import { withProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import { cellStoreOf } from '../store/cell-access.js';
import type { CellSource, CellStore } from '../store/cells.js';
import type { ExposedFamily, Scrapable } from '../store/exposed-family.js';
import { ScrapedCells } from './wire/scraped-cells.js';

const everything = (): boolean => true;

/** Reads a recorder as cells: the cells of its store, if it has one, and cells for the families that have to be computed. */
export class SourceReader {
  /** The cells of the store; `undefined` for a recorder that has none, of which everything is computed. */
  readonly stored: CellStore | undefined;
  readonly #computed = new ScrapedCells();
  readonly #scrapable: Scrapable;
  readonly #hasProcessMetrics: boolean;

  constructor(scrapable: Scrapable, hasProcessMetrics: boolean) {
    this.#scrapable = scrapable;
    this.#hasProcessMetrics = hasProcessMetrics;
    this.stored = cellStoreOf(scrapable);
  }

  /** The computed families, with the values of the last collection. */
  get computed(): CellSource {
    return this.#computed;
  }

  /** Makes the cells current: removes the series that have expired. */
  async prepare(): Promise<void> {
    await this.stored?.prepareReading();
  }

  /** Runs the collectors, each for at most this many seconds. Do not call it again before the promise has settled. */
  async collect(timeoutSeconds: number): Promise<void> {
    await this.#computed.update(await this.#readComputed(timeoutSeconds));
  }

  async #readComputed(timeoutSeconds: number): Promise<readonly ExposedFamily[]> {
    const limits = { timeoutSeconds };
    const families = await (this.stored?.computedFamilies(limits, { takesNative: true }) ??
      this.#scrapable.exposedFamilies(limits));
    if (!this.#hasProcessMetrics) return families;
    return withProcessMetrics(families, this.#scrapable.constantLabels?.() ?? [], everything);
  }
}
