import { countOf, histogramQuantile, rate, sumOf } from '../promql/functions.js';
import { increaseByBucket, nativeCountRate, nativeIncrease, nativeQuantile } from '../promql/histograms.js';
import type { DrawnPanel, PanelQuery } from './board.js';
import {
  type Charted,
  conditionsOf,
  headPanel,
  legendOf,
  namesOf,
  type PanelContext,
  type Query,
  rateWindow,
  toFamily,
} from './charted.js';
import { unitOf } from './units.js';

/** The quantiles that are drawn. */
const ranks = [0.5, 0.95, 0.99];

/** Makes the panels of a histogram: how many observations there are, and how large they are. */
export function createHistogramPanels(charted: Charted, context: PanelContext): DrawnPanel[] {
  const { entry, by } = charted;
  const queries = new HistogramQueries(charted, context);
  const head = (part: string) => headPanel(charted, context, part);
  const unit = unitOf(entry).value;
  const counted: DrawnPanel = {
    ...head('observations per second'),
    unit: 'cps',
    queries: [{ expr: queries.count(), legend: legendOf(by) || 'all' }],
    startsLine: true,
  };
  if (!queries.hasBuckets) {
    return [counted, { ...head('mean'), unit, queries: [{ expr: queries.mean(), legend: legendOf(by) || 'mean' }] }];
  }
  const [first, ...others] = ranks.map((rank): PanelQuery => {
    return { expr: queries.quantile(rank), legend: legendOf(by, `p${rank * 100}`) };
  });
  return [
    counted,
    { ...head('percentiles'), unit, queries: [first as PanelQuery, ...others], hasExemplars: true },
    {
      ...head('heat map'),
      type: 'heatmap',
      unit,
      queries: [{ expr: queries.buckets(), legend: '{{le}}' }],
      hasExemplars: true,
    },
  ];
}

/**
 * The queries of a histogram, for a Prometheus that stores its native buckets and for one that does not.
 *
 * Why both in one expression: which of them is stored depends on the configuration of Prometheus, not on the code.
 */
class HistogramQueries {
  readonly #family;
  readonly #conditions;
  readonly #options;
  readonly #by;
  readonly #isNative: boolean;
  readonly #isClassic: boolean;

  constructor(charted: Charted, context: PanelContext) {
    this.#family = toFamily(charted, 'histogram');
    this.#conditions = conditionsOf(charted, context);
    this.#options = namesOf(context);
    this.#by = charted.by;
    this.#isNative = charted.entry.native !== undefined;
    this.#isClassic = this.#family.buckets.length > 0;
  }

  /** Whether anything is known of the sizes but their mean. */
  get hasBuckets(): boolean {
    return this.#isNative || this.#isClassic;
  }

  count(): Query {
    const counted = this.#sumOfRates(countOf(this.#family, this.#options));
    return this.#isNative ? this.#split(nativeCountRate(this.#family, rateWindow, this.#options)).or(counted) : counted;
  }

  mean(): Query {
    const counted = this.#sumOfRates(countOf(this.#family, this.#options));
    return this.#sumOfRates(sumOf(this.#family, this.#options)).dividedBy(counted);
  }

  quantile(rank: number): Query {
    const native = () => this.#split(nativeQuantile(rank, this.#family, rateWindow, this.#options));
    const classic = () => this.#split(histogramQuantile(rank, this.#family, rateWindow, this.#options));
    if (!this.#isNative) return classic();
    return this.#isClassic ? native().or(classic()) : native();
  }

  buckets(): Query {
    const native = () => this.#whole(nativeIncrease(this.#family, rateWindow, this.#options));
    const classic = () => this.#whole(increaseByBucket(this.#family, rateWindow, this.#options));
    if (!this.#isNative) return classic();
    // Why "on ()": the classic buckets are wanted only where there are no native ones, and a bucket has a label more.
    return this.#isClassic ? native().or(classic(), { on: [] }) : native();
  }

  #sumOfRates(of: ReturnType<typeof countOf>): Query {
    return rate(of, rateWindow)
      .where(this.#conditions)
      .sumBy(...this.#by);
  }

  #whole(query: ReturnType<typeof nativeIncrease>): Query {
    return query.by<string>().where(this.#conditions);
  }

  #split(query: ReturnType<typeof histogramQuantile>): Query {
    return query.by(...this.#by).where(this.#conditions);
  }
}
