import { defineCounter, defineHistogram } from '../families/family.js';
import { PrometheusRecorder } from '../prometheus/prometheus-recorder.js';
import type { Scrapable } from '../store/exposed-family.js';
import { mergeFamilies } from '../store/merge-families.js';

/** How an export has ended. */
const exportResults = ['success', 'partial', 'failed'] as const;

const exportsFamily = defineCounter({
  name: 'flowplane_metrics_otlp_exports_total',
  help: 'Exports over OTLP, by result ("partial" where the receiver has left out points)',
  labels: { result: { oneOf: exportResults } },
  initial: exportResults.map((result) => ({ result })),
});

const duration = defineHistogram({
  name: 'flowplane_metrics_otlp_export_duration_seconds',
  help: 'How long exports over OTLP took, with all their requests and retries',
  unit: 'seconds',
});

const rejected = defineCounter({
  name: 'flowplane_metrics_otlp_rejected_points_total',
  help: 'Points that the receiver has left out, though it took the others',
});

/** What an exporter exposes about itself. */
export const exporterFamilies = [exportsFamily, duration, rejected] as const;

const names = new Set<string>(exporterFamilies.map(({ name }) => name));

/** The metrics of an exporter about its own work, which it sends too. */
export class ExportMetrics {
  // Why a recorder of its own: the prefix, the registry and the advice of the user's recorder do not apply to these families.
  readonly #recorder = new PrometheusRecorder({ onAdvice: () => undefined });

  constructor() {
    for (const family of [exportsFamily, rejected]) this.#recorder.open(family);
  }

  count(result: (typeof exportResults)[number], seconds: number, rejectedPoints: number): void {
    this.#recorder.counter(exportsFamily).inc({ result });
    this.#recorder.histogram(duration).observe({}, seconds);
    if (rejectedPoints > 0) this.#recorder.counter(rejected).inc({}, rejectedPoints);
  }

  /** Adds these families to others. */
  mergeWith(scrapable: Scrapable): Scrapable {
    return mergeFamilies(scrapable, async () =>
      (await this.#recorder.exposedFamilies()).filter(({ name }) => names.has(name)),
    );
  }
}
