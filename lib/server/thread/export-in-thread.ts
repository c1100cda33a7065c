import { OtlpExporter, type ThreadExporterData, type ThreadStart } from '../../otlp/otlp-exporter.js';
import type { Advice } from '../../recorder/reports.js';
import type { Scrapable } from '../../store/exposed-family.js';
import type { ServerExporter } from '../server-parts.js';

/** What the exporter of the metrics thread tells and asks. */
export interface ExportEvents {
  onAdvice(advice: Advice): void;
  /** How many times families were left out until now, because the main thread was blocked. */
  countIncomplete(): number;
}

/** The exports over OTLP in the metrics thread, which the main thread begins and ends. */
export class ExportInThread implements ServerExporter {
  readonly #exporter: OtlpExporter;
  readonly #start: ThreadStart;

  constructor(
    scrapable: Scrapable,
    { options, since }: ThreadExporterData,
    { onAdvice, countIncomplete }: ExportEvents,
  ) {
    this.#exporter = new OtlpExporter(scrapable, { ...options, onAdvice });
    this.#start = { since, countIncomplete };
  }

  mergeWith(scrapable: Scrapable): Scrapable {
    return this.#exporter.mergeWith(scrapable);
  }

  startWith(): this {
    this.#exporter.startInThread(this.#start);
    return this;
  }

  sendLast(seconds: number): ReturnType<OtlpExporter['sendLast']> {
    return this.#exporter.sendLast(seconds);
  }

  /** Why nothing: the main thread asks for the last export once the server has stopped, and then ends the thread. */
  async shutdown(): Promise<void> {}
}
