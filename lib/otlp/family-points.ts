import { WireWriter } from '../exposition/formats/wire-writer.js';
import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from '../store/exposed-family.js';
import { canonicalFloat } from '../store/go-float.js';
import { LabelAttributes } from './label-attributes.js';
import type { MetricName } from './metric-names.js';
import {
  beginPoint,
  type MetricHead,
  type PointTemporality,
  type RequestBody,
  writeAttribute,
} from './request-body.js';
import {
  type ExplicitTotals,
  type ExponentialTotals,
  exponentialSince,
  type FamilyStates,
  type SeriesState,
  type SeriesStates,
  type Totals,
  totalsOf,
} from './series-states.js';

// Source: as in request-body.ts. The numbers of the fields of points.
const numberFields = { start: 2, time: 3, double: 4, exemplars: 5, attributes: 7 } as const;
const explicitFields = {
  ...{ start: 2, time: 3, count: 4, sum: 5, counts: 6, bounds: 7, exemplars: 8, attributes: 9 },
} as const;
const exponentialFields = {
  ...{ attributes: 1, start: 2, time: 3, count: 4, sum: 5, scale: 6, zeroCount: 7 },
  ...{ positive: 8, negative: 9, exemplars: 11, zeroThreshold: 14 },
} as const;
const bucketFields = { offset: 1, counts: 2 } as const;
const summaryFields = { start: 2, time: 3, count: 4, sum: 5, quantiles: 6, attributes: 7 } as const;
const quantileFields = { quantile: 1, value: 2 } as const;
const exemplarFields = { time: 2, double: 3, spanId: 4, traceId: 5, attributes: 7 } as const;

/** So many buckets in a row are written; where there were more, they are made coarser. */
const maxBuckets = 2048;

/** What one export is about. Times are microseconds since the epoch. */
export interface ExportContext {
  readonly body: RequestBody;
  readonly states: SeriesStates;
  /** The states whose pending totals are in the body. */
  readonly touched: SeriesState[];
  readonly temporality: 'cumulative' | 'delta' | 'lowmemory';
  readonly time: number;
  /** When the last export was, or when the exporter was made: a series that is new has begun since then. */
  readonly previous: number;
}

/** Writes the samples of one family as points. */
export class FamilyPoints implements SampleWriter {
  readonly #family: ExposedFamily;
  readonly #name: MetricName;
  readonly #context: ExportContext;
  readonly #heads = new Map<string, MetricHead>();
  /** The one of them that nearly all points have. */
  #head: MetricHead | undefined;
  readonly #labels = new LabelAttributes();
  #states: FamilyStates | undefined;
  /** The beginning of a point of a number: its times, and room for the number. Why kept: series have their times in common. */
  readonly #number = new WireWriter(64);
  /** Since when the numbers count whose times are kept; 0 where that is not known. */
  #start = Number.NaN;
  /** What `end` needs to end the point that begins so, from where it has begun. */
  #pointStart = 0;

  constructor(family: ExposedFamily, name: MetricName, context: ExportContext) {
    this.#family = family;
    this.#name = name;
    this.#context = context;
  }

  /** The names of the labels that were written. */
  get labelNames(): readonly string[] {
    return this.#labels.names;
  }

  label(depth: number, name: string, value: string): void {
    this.#labels.set(depth, name, value);
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    if (this.#family.type === 'counter') this.#counter(depth, value, createdAt, exemplar);
    else this.#endPoint(this.#beginNumber(depth, this.#headOf('gauge'), value, 0));
  }

  histogram(depth: number, view: HistogramView): void {
    if (!isCountable(view)) {
      this.#histogramAsSamples(depth, view);
      return;
    }
    const temporality = this.#temporality(view.createdAt);
    const state = this.#stateFor(depth, temporality, view.createdAt, view.count);
    const start = state?.start ?? micros(view.createdAt as number);
    if (temporality === 'cumulative' || state === undefined) {
      this.#writeHistogram(depth, temporality, Math.min(start, this.#context.time), view, totalsOf(view));
      return;
    }
    // Why first: most series stand still between two exports, and their totals would be garbage.
    if (hasNothingNew(view, state.accepted)) return;
    const now = totalsOf(view);
    const delta = since(now, state.accepted);
    if (delta === undefined) return;
    state.pending = now;
    this.#context.touched.push(state);
    this.#writeHistogram(depth, temporality, Math.min(start, this.#context.time), view, delta);
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    const { body, time } = this.#context;
    const { out } = body;
    const { start } = this.#stateFor(depth, 'cumulative', undefined, count) as SeriesState;
    const point = body.beginPoint(this.#headOf('summary'));
    out.nanoseconds(summaryFields.start, start);
    out.nanoseconds(summaryFields.time, time);
    out.fixed64(summaryFields.count, isCount(count) ? count : 0);
    out.double(summaryFields.sum, sum);
    for (const [i, quantile] of quantiles.entries()) {
      const one = out.begin(summaryFields.quantiles);
      out.double(quantileFields.quantile, quantile);
      out.double(quantileFields.value, values[i] as number);
      out.end(one);
    }
    this.#labels.appendTo(out, summaryFields.attributes, depth);
    out.end(point);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound): void {
    const point = this.#beginNumber(depth, this.#findHead('gauge', suffix), value, 0);
    if (bound !== undefined) {
      writeAttribute(this.#context.body.out, numberFields.attributes, bound.label, canonicalFloat(bound.at));
    }
    this.#endPoint(point);
  }

  #counter(depth: number, value: number, createdAt: number | undefined, exemplar: Exemplar | undefined): void {
    const temporality = this.#temporality(createdAt);
    let added = value;
    let start: number;
    if (temporality === 'cumulative' && createdAt !== undefined) start = micros(createdAt);
    else {
      const state = this.#stateFor(depth, temporality, createdAt, value) as SeriesState;
      start = state.start;
      if (temporality === 'delta') {
        added = this.#take(state, value);
        if (added === 0) return;
      }
    }
    const point = this.#beginNumber(depth, this.#headOf('sum', temporality), added, start);
    if (exemplar !== undefined) this.#exemplar(numberFields.exemplars, exemplar);
    this.#endPoint(point);
  }

  /** What a counter has got since the total that the receiver has; remembers the new one for when it has that too. */
  #take(state: SeriesState, value: number): number {
    const { acceptedValue: before } = state;
    const added = value < before ? value : value - before;
    // Why so: a counter that has grown beyond every number has got more that is none.
    if (!(added > 0)) return 0;
    state.pendingValue = value;
    this.#context.touched.push(state);
    return added;
  }

  /** Why not delta for what has no creation time: such numbers come from elsewhere as totals. */
  #temporality(createdAt: number | undefined): PointTemporality {
    const { temporality } = this.#context;
    if (temporality === 'lowmemory') return createdAt === undefined ? 'cumulative' : 'delta';
    return temporality;
  }

  /** The state of a series where one is needed. */
  #stateFor(
    depth: number,
    temporality: PointTemporality,
    createdAt: number | undefined,
    total: number,
  ): SeriesState | undefined {
    if (temporality === 'cumulative' && createdAt !== undefined) return undefined;
    const { states, previous, time } = this.#context;
    const start = Math.min(createdAt === undefined ? previous : micros(createdAt), time);
    this.#states ??= states.ofFamily(`${this.#family.type} ${this.#family.name}`);
    const state = this.#states.get(this.#labels.keyOf(depth), start, createdAt);
    if (total < state.last) {
      // It has been reset: it has counted from 0 since some time after the last export.
      state.accepted = undefined;
      state.acceptedValue = 0;
      if (temporality === 'cumulative') state.start = previous;
    }
    state.last = total;
    return state;
  }

  #headOf(data: MetricHead['data'], temporality?: PointTemporality): MetricHead {
    if (this.#head?.data !== data || this.#head.temporality !== temporality)
      this.#head = this.#findHead(data, '', temporality);
    return this.#head;
  }

  #findHead(data: MetricHead['data'], suffix: string, temporality?: PointTemporality): MetricHead {
    const key = `${data} ${temporality} ${suffix}`;
    let head = this.#heads.get(key);
    if (head === undefined) {
      // Why the scraped name: a single sample is sent as a gauge, whose name stays as it is.
      const { name, unit } = suffix === '' ? this.#name : { name: this.#family.name + suffix, unit: '' };
      head = { name, unit, description: this.#family.help, data, ...(temporality && { temporality }) };
      this.#heads.set(key, head);
    }
    return head;
  }

  /** Begins a point of a counter or a gauge; returns what `#endPoint` needs. */
  #beginNumber(depth: number, head: MetricHead, value: number, start: number): number {
    const { body } = this.#context;
    const { out } = body;
    body.countPoint(head);
    if (start !== this.#start) this.#keepTimes(start);
    const point = out.length + this.#pointStart;
    out.append(this.#number, 0, this.#number.length);
    out.replaceDouble(value);
    this.#labels.appendTo(out, numberFields.attributes, depth);
    return point;
  }

  #endPoint(point: number): void {
    this.#context.body.out.end(point);
  }

  #keepTimes(start: number): void {
    const { time } = this.#context;
    this.#start = start;
    this.#number.truncate(0);
    this.#pointStart = beginPoint(this.#number);
    if (start > 0) this.#number.nanoseconds(numberFields.start, Math.min(start, time));
    this.#number.nanoseconds(numberFields.time, time);
    this.#number.double(numberFields.double, 0);
  }

  #writeHistogram(
    depth: number,
    temporality: PointTemporality,
    start: number,
    view: HistogramView,
    totals: Totals,
  ): void {
    if ('schema' in totals) this.#writeExponential(depth, temporality, start, view, totals);
    else this.#writeExplicit(depth, temporality, start, view, totals);
  }

  #writeExplicit(
    depth: number,
    temporality: PointTemporality,
    start: number,
    { upperBounds, exemplars = [] }: HistogramView,
    { count, sum, counts }: ExplicitTotals,
  ): void {
    const { body, time } = this.#context;
    const { out } = body;
    const point = body.beginPoint(this.#headOf('histogram', temporality));
    out.nanoseconds(explicitFields.start, start);
    out.nanoseconds(explicitFields.time, time);
    out.fixed64(explicitFields.count, count);
    out.double(explicitFields.sum, sum);
    out.packedFixed64s(explicitFields.counts, counts);
    // Why without the last: it is `Infinity`, which is no bound in OTLP.
    out.packedDoubles(explicitFields.bounds, upperBounds, Math.max(upperBounds.length - 1, 0));
    for (const exemplar of exemplars) if (exemplar !== undefined) this.#exemplar(explicitFields.exemplars, exemplar);
    this.#labels.appendTo(out, explicitFields.attributes, depth);
    out.end(point);
  }

  #writeExponential(
    depth: number,
    temporality: PointTemporality,
    start: number,
    { native, exemplars = [] }: HistogramView,
    given: ExponentialTotals,
  ): void {
    const { body, time } = this.#context;
    const { out } = body;
    const totals = coarsen(given);
    const point = body.beginPoint(this.#headOf('exponential', temporality));
    out.nanoseconds(exponentialFields.start, start);
    out.nanoseconds(exponentialFields.time, time);
    out.fixed64(exponentialFields.count, totals.count);
    out.double(exponentialFields.sum, totals.sum);
    out.sint(exponentialFields.scale, totals.schema);
    out.fixed64(exponentialFields.zeroCount, totals.zeroCount);
    out.double(exponentialFields.zeroThreshold, totals.zeroThreshold);
    writeBuckets(out, exponentialFields.positive, totals.positive);
    writeBuckets(out, exponentialFields.negative, totals.negative);
    const examples = native?.exemplars.length ? native.exemplars : exemplars;
    for (const exemplar of examples) if (exemplar !== undefined) this.#exemplar(exponentialFields.exemplars, exemplar);
    this.#labels.appendTo(out, exponentialFields.attributes, depth);
    out.end(point);
  }

  #histogramAsSamples(depth: number, { upperBounds, cumulativeCounts, sum, count }: HistogramView): void {
    for (const [i, at] of upperBounds.entries()) {
      this.sample(depth, '_bucket', cumulativeCounts[i] as number, { label: 'le', at });
    }
    this.sample(depth, '_sum', sum);
    this.sample(depth, '_count', count);
  }

  #exemplar(field: number, { labels, value, timestamp }: Exemplar): void {
    const { body, time } = this.#context;
    const { out } = body;
    const example = out.begin(field);
    out.nanoseconds(exemplarFields.time, timestamp === undefined ? time : micros(timestamp));
    out.double(exemplarFields.double, value);
    const ids: [field: number, digits: string][] = [];
    for (const [name, text] of Object.entries(labels)) {
      if (name === 'trace_id' && isHex(text, 32)) ids.push([exemplarFields.traceId, text]);
      else if (name === 'span_id' && isHex(text, 16)) ids.push([exemplarFields.spanId, text]);
      else writeAttribute(out, exemplarFields.attributes, name, String(text));
    }
    // Why after the attributes: these are one list in JSON, so they must follow each other.
    for (const [field, digits] of ids) out.hex(field, digits);
    out.end(example);
  }
}

const micros = (seconds: number): number => Math.max(Math.round(seconds * 1e6), 0);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
/** Whether a histogram of OTLP can have these counts. A metric that is not ours may give any. */
function isCountable({ count, cumulativeCounts }: HistogramView): boolean {
  let before = 0;
  for (let i = 0; i < cumulativeCounts.length; i++) {
    const total = cumulativeCounts[i] as number;
    if (!isCount(total) || total < before) return false;
    before = total;
  }
  return isCount(count);
}

const isHex = (text: unknown, length: number): boolean =>
  typeof text === 'string' && text.length === length && /^[0-9a-fA-F]+$/.test(text);

const hasNothingNew = ({ count, sum }: HistogramView, before: Totals | undefined): boolean =>
  count === (before?.count ?? 0) && sum === (before?.sum ?? 0);

/** What a histogram has got since earlier totals: everything where it was reset; `undefined` where it is nothing. */
function since(now: Totals, before: Totals | undefined): Totals | undefined {
  const added = subtract(now, before) ?? now;
  return added.count > 0 ? added : undefined;
}

function subtract(now: Totals, before: Totals | undefined): Totals | undefined {
  if (before === undefined) return undefined;
  if ('schema' in now) return 'schema' in before ? exponentialSince(now, before) : undefined;
  if ('schema' in before || now.counts.length !== before.counts.length) return undefined;
  const counts = now.counts.map((count, i) => count - (before.counts[i] as number));
  const isSound = counts.every((count) => count >= 0);
  return isSound ? { count: now.count - before.count, sum: now.sum - before.sum, counts } : undefined;
}

/** Makes exponential buckets so coarse that not too many empty ones are between them. */
function coarsen(totals: ExponentialTotals): ExponentialTotals {
  const { schema, positive, negative } = totals;
  // Why -4: no receiver takes fewer buckets.
  if (schema <= -4 || (span(positive) <= maxBuckets && span(negative) <= maxBuckets)) return totals;
  return coarsen({ ...totals, schema: schema - 1, positive: halve(positive), negative: halve(negative) });
}

function span(buckets: ReadonlyMap<number, number>): number {
  const indexes = [...buckets.keys()];
  return indexes.length === 0 ? 0 : (indexes.at(-1) as number) - (indexes[0] as number) + 1;
}

function halve(buckets: ReadonlyMap<number, number>): Map<number, number> {
  const halved = new Map<number, number>();
  for (const [index, count] of buckets) {
    const coarse = Math.ceil(index / 2);
    halved.set(coarse, (halved.get(coarse) ?? 0) + count);
  }
  return halved;
}

/** Writes the buckets of one sign in a row. Why one less: index i of OTLP is the bucket that begins, not ends, at base^i. */
function writeBuckets(out: WireWriter, field: number, buckets: ReadonlyMap<number, number>): void {
  const [first] = buckets.keys();
  if (first === undefined) return;
  const counts: number[] = [];
  for (const [index, count] of buckets) {
    while (counts.length < index - first) counts.push(0);
    counts.push(count);
  }
  const message = out.begin(field);
  out.sint(bucketFields.offset, first - 1);
  out.packedUints(bucketFields.counts, counts);
  out.end(message);
}
