import { refuseIfAny } from '../error.js';
import type { ExternalMetricOperations } from '../families/external-metric.js';
import { defaultMaxSeries, type Family } from '../families/family.js';
import type { FamilyRecorder } from '../recorder/metrics-recorder.js';
import type { ExposedFamily, ExpositionFormat } from '../store/exposed-family.js';
import { LimitsAdvice } from '../store/limits-advice.js';
import { MetricStore } from '../store/metric-store.js';
import { ExternalMetricRecorder } from './prom-client/external-metric.js';
import { loadProcessMetrics, withProcessMetrics } from './prom-client/process-metrics.js';
import { RegistryBridge } from './prom-client/registry-bridge.js';
import { checkRecorderOptions, type PrometheusRecorderOptions } from './recorder-options.js';

/**
 * Keeps the series in memory and exposes them to Prometheus: a store, which knows no format, with formats, and with a bridge
 * to prom-client.
 *
 * @example
 * import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder({ prefix: 'billing_' });
 * const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Finished jobs', labels: { team: {} } }));
 * jobs.inc({ team: 'mail' });
 * const [family] = await recorder.snapshot();
 * console.log(family?.samples[0]); // { name: 'billing_jobs_total', labels: { team: 'mail' }, value: 1 }
 */
export class PrometheusRecorder extends MetricStore {
  /** The formats beside the built-in ones in which this recorder can be scraped. */
  readonly formats: readonly ExpositionFormat[];
  readonly #external = new WeakMap<ExternalMetricOperations, ExternalMetricRecorder>();
  readonly #maxSeriesPerFamily: number;
  readonly #hasProcessMetrics: boolean;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(options: PrometheusRecorderOptions = {}) {
    refuseIfAny('new PrometheusRecorder', checkRecorderOptions(options));
    super(options, options.registry && new RegistryBridge(options.registry));
    this.formats = Object.freeze([...(options.formats ?? [])]);
    this.#maxSeriesPerFamily = options.maxSeriesPerFamily ?? defaultMaxSeries;
    this.#hasProcessMetrics = options.processMetrics ?? false;
    if (this.#hasProcessMetrics) void loadProcessMetrics();
  }

  override open(family: Family, site = family.site): FamilyRecorder {
    return family.external === undefined ? super.open(family, site) : this.#openExternal(family, family.external);
  }

  protected override get hasProcessMetrics(): boolean {
    return this.#hasProcessMetrics;
  }

  protected override async addProcessMetrics(
    families: readonly ExposedFamily[],
    isChosen: (name: string) => boolean,
  ): Promise<readonly ExposedFamily[]> {
    return this.#hasProcessMetrics ? withProcessMetrics(families, this.constantLabels(), isChosen) : families;
  }

  #openExternal(family: Family, metric: ExternalMetricOperations): FamilyRecorder {
    let recorder = this.#external.get(metric);
    if (recorder === undefined) {
      const watch = new LimitsAdvice(family, (advice) => this.advise(advice));
      recorder = new ExternalMetricRecorder(family, metric, { maxSeries: this.#maxSeriesPerFamily, watch });
      this.#external.set(metric, recorder);
    }
    return recorder;
  }
}
