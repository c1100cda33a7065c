import type { DropReason } from '../../error.js';
import type { ExternalMetricOperations } from '../../families/external-metric.js';
import type { Family } from '../../families/family.js';
import type { ExemplarLabels, FamilyRecorder, SeriesId } from '../../recorder/metrics-recorder.js';
import { checkExemplar } from '../../store/exemplar-labels.js';
import { labelsOfSource } from '../../store/exemplar-pool.js';
import { NumberStore } from '../../store/numbers.js';
import { SeriesTable, type TableOptions } from '../../store/series-table.js';

/**
 * Records into a user's own metric of prom-client: the numbers are there, and only the label sets are here.
 *
 * What the metric throws counts as a fault of the observation. Its owner exposes what it holds, so nothing here does.
 */
export class ExternalMetricRecorder implements FamilyRecorder {
  readonly #metric: ExternalMetricOperations;
  readonly #labels: object[] = [];
  readonly #series: SeriesTable;

  constructor(family: Family, metric: ExternalMetricOperations, options: Pick<TableOptions, 'maxSeries' | 'watch'>) {
    this.#metric = metric;
    this.#series = new SeriesTable(family, {
      ...options,
      numbers: new NumberStore(),
      width: 1,
      onCreate: (series, values) => {
        this.#labels[series] = this.#nameLabels(values);
      },
    });
  }

  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    return this.#series.trie.lookup(a, b, c);
  }

  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    return this.#series.getOrCreate(values, allowOverflow);
  }

  add(series: SeriesId, by: number, exemplar?: ExemplarLabels): void {
    this.#record('inc', series, by, exemplar);
  }

  set(series: SeriesId, value: number): void {
    this.#metric.set(this.#copyLabels(series), value);
  }

  observe(series: SeriesId, value: number, exemplar?: ExemplarLabels): void {
    this.#record('observe', series, value, exemplar);
  }

  acquire(series: SeriesId): void {
    this.#metric.inc(this.#copyLabels(series), 1);
  }

  release(series: SeriesId): void {
    this.#metric.dec(this.#copyLabels(series), 1);
  }

  /** Why two ways: a metric with exemplars takes one object, and would take the labels for it. */
  #record(operation: 'inc' | 'observe', series: SeriesId, value: number, exemplar: ExemplarLabels | undefined): void {
    const labels = this.#copyLabels(series);
    const exemplarLabels = exemplar && labelsOfExemplar(exemplar);
    if (this.#metric.enableExemplars) {
      (this.#metric[operation] as (given: object) => void)({
        labels,
        value,
        ...(exemplarLabels && { exemplarLabels }),
      });
    } else this.#metric[operation](labels, value);
  }

  #nameLabels(values: readonly string[]): object {
    const named = this.#metric.labelNames.map((name, i) => [name, values[i] ?? ''] as const);
    return Object.fromEntries(named.filter(([, text]) => text !== ''));
  }

  // Why a copy: both clients keep the object that they are given.
  #copyLabels(series: SeriesId): object {
    return { ...this.#labels[series] };
  }
}

/** The labels of an exemplar that was given by hand, if they may be exposed. Why checked: the metric throws for long ones. */
function labelsOfExemplar(given: ExemplarLabels): Readonly<Record<string, string>> | undefined {
  const checked = checkExemplar(given);
  return 'refused' in checked ? undefined : checked.source && labelsOfSource(checked.source);
}
