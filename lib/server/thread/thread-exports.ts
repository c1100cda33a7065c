import type { ExportResult } from '../../otlp/export-run.js';
import type { OtherExporter, OtlpExporter, ThreadExporterData } from '../../otlp/otlp-exporter.js';
import type { Advice } from '../../recorder/reports.js';
import type { MetricsThread } from './metrics-thread.js';

/** A thread that has not taken the question after this part of the time is not waited for. */
const partToBegin = 1 / 4;

/**
 * The exports over OTLP that the metrics thread makes, as the main thread sees them. While no thread runs, and where it does
 * not answer at the end of the process, the exporter of the main thread sends by itself.
 */
export class ThreadExports implements OtherExporter {
  readonly #exporter: OtlpExporter;
  readonly #findThread: () => MetricsThread | undefined;
  readonly #adviceGiven = new Set<string>();
  #isSilent = false;
  /** What each thread is started with. Why the same for all: they are one exporter to the receiver. */
  readonly data: ThreadExporterData;

  /** @param findThread gives the thread that runs now. */
  constructor(exporter: OtlpExporter, data: ThreadExporterData, findThread: () => MetricsThread | undefined) {
    this.#exporter = exporter;
    this.#findThread = findThread;
    this.data = data;
  }

  /** Whether the thread has not answered when it was to send a last time. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  isExporting(): boolean {
    return this.#findThread() !== undefined;
  }

  async sendLast(seconds: number): Promise<ExportResult | undefined> {
    const answerMs = seconds * 1000;
    try {
      const result = await this.#findThread()?.sendLast(seconds, { beginMs: answerMs * partToBegin, answerMs });
      this.#isSilent = false;
      return result;
    } catch {
      this.#isSilent = true;
      return undefined;
    }
  }

  /** Tells advice of the thread. Why not what an earlier thread has advised: it is no news. */
  advise(advice: Advice, restarts: number): void {
    const isRepeated = restarts > 0 && this.#adviceGiven.has(advice.message);
    this.#adviceGiven.add(advice.message);
    if (!isRepeated) this.#exporter.passOn(advice);
  }
}
