import type {
  Exemplar,
  ExposedFamily,
  ExposedType,
  ExpositionFormat,
  HistogramView,
  NativeBuckets,
  NativeHistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from '../../store/exposed-family.js';
import { canonicalFloat } from '../../store/go-float.js';
import { listExemplarLabels } from './exemplar-labels.js';
import { unitInName } from './unit.js';
import { negotiateParameters } from './versions.js';
import { WireWriter } from './wire-writer.js';

// Source: github.com/prometheus/client_model, io/prometheus/client/metrics.proto. The numbers of its fields:
const familyFields = { name: 1, help: 2, type: 3, metric: 4, unit: 5 } as const;
const labelFields = { name: 1, value: 2 } as const;
const metricFields = { label: 1, gauge: 2, counter: 3, summary: 4, untyped: 5, histogram: 7 } as const;
const counterFields = { value: 1, exemplar: 2, created: 3 } as const;
const summaryFields = { count: 1, sum: 2, quantile: 3 } as const;
const quantileFields = { quantile: 1, value: 2 } as const;
const histogramFields = {
  count: 1,
  sum: 2,
  bucket: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  negative: { span: 9, delta: 10 },
  positive: { span: 12, delta: 13 },
  created: 15,
  exemplar: 16,
} as const;
const bucketFields = { cumulativeCount: 1, upperBound: 2, exemplar: 3 } as const;
const spanFields = { offset: 1, length: 2 } as const;
const exemplarFields = { label: 1, value: 2, timestamp: 3 } as const;
const timestampFields = { seconds: 1, nanos: 2 } as const;

const typeNumbers: Readonly<Record<ExposedType, number>> = {
  counter: 0,
  gauge: 1,
  summary: 2,
  unknown: 3,
  histogram: 4,
};

/** Where a metric has its one number, whose own field is always 1. */
const numberFields: Readonly<Partial<Record<ExposedType, number>>> = {
  counter: metricFields.counter,
  gauge: metricFields.gauge,
  unknown: metricFields.untyped,
};

const chunkLength = 64 * 1024;
/** Is yielded between two chunks, so that the reader can let the event loop turn. */
const nothingYet = new Uint8Array();

/** Renders families as messages, each after its length. A family of many series becomes several messages of its name. */
function* renderMessages(families: readonly ExposedFamily[]): Generator<Uint8Array> {
  const out = new WireWriter(chunkLength * 1.5);
  for (const family of families) {
    const messages = new FamilyMessages(family, out);
    for (const _ of family.write(messages)) {
      if (out.length < chunkLength) yield nothingYet;
      else {
        messages.end();
        yield out.take();
      }
    }
    messages.end();
  }
  if (out.length > 0) yield out.take();
}

/** Writes the samples of one family into messages, which begin with their first sample: no message is without one. */
class FamilyMessages implements SampleWriter {
  readonly #family: ExposedFamily;
  readonly #out: WireWriter;
  /** The labels as fields of a metric, and where those of each depth end. */
  readonly #labels = new WireWriter(256);
  readonly #ends: number[] = [0];
  /** The last label, which is not among the labels. Why apart: it differs in nearly every metric, while the others stay. */
  #last = -1;
  #lastName = '';
  #lastValue = '';
  /** Where the message that is being written has begun; 0 for none. What it is about, if so. */
  #start = 0;
  #suffix = '';
  #type: ExposedType = 'unknown';
  /** A time that was written, and where. Why: series are created together, and so have it in common. */
  #writtenTime = Number.NaN;
  readonly #time = new WireWriter(64);

  constructor(family: ExposedFamily, out: WireWriter) {
    this.#family = family;
    this.#out = out;
  }

  /** Ends the message that is being written, if there is one. */
  end(): void {
    if (this.#start > 0) this.#out.end(this.#start);
    this.#start = 0;
  }

  label(depth: number, name: string, value: string): void {
    if (depth > this.#last && this.#last >= 0) this.#keepLast();
    this.#last = depth;
    this.#lastName = name;
    this.#lastValue = value;
  }

  #keepLast(): void {
    const labels = this.#labels;
    labels.truncate(this.#ends[this.#last] as number);
    writeLabel(labels, metricFields.label, this.#lastName, this.#lastValue);
    this.#ends[this.#last + 1] = labels.length;
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    const { type } = this.#family;
    const field = numberFields[type];
    this.#writeNumber(this.#beginMetric(depth, '', field === undefined ? 'unknown' : type), value, createdAt, exemplar);
  }

  histogram(depth: number, view: HistogramView): void {
    if (!isCountable(view)) {
      this.#writeHistogramAsSamples(depth, view);
      return;
    }
    const out = this.#out;
    const metric = this.#beginMetric(depth, '', 'histogram');
    const histogram = out.begin(metricFields.histogram);
    out.uint(histogramFields.count, view.count);
    out.double(histogramFields.sum, view.sum);
    this.#writeBuckets(view);
    if (view.native !== undefined) this.#writeNative(view.native);
    this.#writeTime(histogramFields.created, view.createdAt);
    if (view.native !== undefined) {
      for (const exemplar of view.native.exemplars) this.#writeExemplar(histogramFields.exemplar, exemplar);
    }
    out.end(histogram);
    out.end(metric);
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    if (!isCount(count)) {
      for (const [i, at] of quantiles.entries()) this.sample(depth, '', values[i] as number, { label: 'quantile', at });
      this.#writeSumAndCount(depth, sum, count);
      return;
    }
    const out = this.#out;
    const metric = this.#beginMetric(depth, '', 'summary');
    const summary = out.begin(metricFields.summary);
    out.uint(summaryFields.count, count);
    out.double(summaryFields.sum, sum);
    for (const [i, at] of quantiles.entries()) {
      const quantile = out.begin(summaryFields.quantile);
      out.double(quantileFields.quantile, at);
      out.double(quantileFields.value, values[i] as number);
      out.end(quantile);
    }
    out.end(summary);
    out.end(metric);
  }

  /** Writes a family of unknown type for what is no whole histogram or summary: its series is that of the text formats. */
  sample(depth: number, suffix: string, value: number, bound?: UpperBound): void {
    const metric = this.#beginMetric(depth, suffix, 'unknown');
    if (bound !== undefined) writeLabel(this.#out, metricFields.label, bound.label, canonicalFloat(bound.at));
    this.#writeNumber(metric, value);
  }

  #writeSumAndCount(depth: number, sum: number, count: number): void {
    this.sample(depth, '_sum', sum);
    this.sample(depth, '_count', count);
  }

  #writeHistogramAsSamples(depth: number, { upperBounds, cumulativeCounts, sum, count }: HistogramView): void {
    for (const [i, at] of upperBounds.entries()) {
      this.sample(depth, '_bucket', cumulativeCounts[i] as number, { label: 'le', at });
    }
    this.#writeSumAndCount(depth, sum, count);
  }

  /** Begins a metric with the labels up to this depth, in the message of this name and type. */
  #beginMetric(depth: number, suffix: string, type: ExposedType): number {
    if (this.#start === 0 || suffix !== this.#suffix || type !== this.#type) this.#beginMessage(suffix, type);
    const metric = this.#out.begin(familyFields.metric);
    const hasLast = depth > this.#last && this.#last >= 0;
    this.#out.append(this.#labels, 0, this.#ends[hasLast ? this.#last : depth] as number);
    if (hasLast) writeLabel(this.#out, metricFields.label, this.#lastName, this.#lastValue);
    return metric;
  }

  #beginMessage(suffix: string, type: ExposedType): void {
    this.end();
    const out = this.#out;
    this.#start = out.beginDelimited();
    this.#suffix = suffix;
    this.#type = type;
    out.text(familyFields.name, this.#family.name + suffix);
    out.text(familyFields.help, this.#family.help);
    out.uint(familyFields.type, typeNumbers[type]);
    const unit = suffix === '' ? unitInName(this.#family) : undefined;
    if (unit !== undefined) out.text(familyFields.unit, unit);
  }

  /** Writes the number of a metric, and ends the metric. */
  #writeNumber(metric: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    const out = this.#out;
    const number = out.begin(numberFields[this.#type] as number);
    out.double(counterFields.value, value);
    if (this.#type === 'counter') {
      if (exemplar !== undefined) this.#writeExemplar(counterFields.exemplar, exemplar);
      this.#writeTime(counterFields.created, createdAt);
    }
    out.end(number);
    out.end(metric);
  }

  #writeBuckets({ upperBounds, cumulativeCounts, exemplars, native }: HistogramView): void {
    const out = this.#out;
    for (let i = 0; i < upperBounds.length; i++) {
      const upperBound = upperBounds[i] as number;
      const exemplar = exemplars?.[i];
      // Why: the bucket of everything says no more than the count. A histogram that has only native buckets must have none.
      if (upperBound === Infinity && (exemplar === undefined || (native !== undefined && i === 0))) continue;
      const bucket = out.begin(histogramFields.bucket);
      out.uint(bucketFields.cumulativeCount, cumulativeCounts[i] as number);
      out.double(bucketFields.upperBound, upperBound);
      if (exemplar !== undefined) this.#writeExemplar(bucketFields.exemplar, exemplar);
      out.end(bucket);
    }
  }

  #writeNative({ schema, zeroThreshold, zeroCount, positive, negative }: NativeHistogramView): void {
    const out = this.#out;
    out.sint(histogramFields.schema, schema);
    out.double(histogramFields.zeroThreshold, zeroThreshold);
    out.uint(histogramFields.zeroCount, zeroCount);
    writeNativeBuckets(out, histogramFields.negative, negative);
    writeNativeBuckets(out, histogramFields.positive, positive);
    const isUnmistakable = zeroThreshold > 0 || zeroCount > 0 || negative.size > 0 || positive.size > 0;
    // Why: without anything of its own it would be taken for a classic histogram.
    if (!isUnmistakable) writeSpan(out, histogramFields.positive.span, 0, 0);
  }

  #writeExemplar(field: number, exemplar: Exemplar): void {
    const labels = listExemplarLabels(exemplar);
    if (labels === undefined) return;
    const out = this.#out;
    const start = out.begin(field);
    for (const [name, value] of labels) writeLabel(out, exemplarFields.label, name, value);
    out.double(exemplarFields.value, exemplar.value);
    if (exemplar.timestamp !== undefined) writeTimestamp(out, exemplarFields.timestamp, exemplar.timestamp);
    out.end(start);
  }

  #writeTime(field: number, seconds: number | undefined): void {
    if (seconds === undefined) return;
    const time = this.#time;
    if (seconds !== this.#writtenTime) {
      time.truncate(0);
      writeTimestamp(time, field, seconds);
      this.#writtenTime = seconds;
    }
    this.#out.append(time, 0, time.length);
  }
}

/** Writes a label, unless its value is empty: then it is none. */
function writeLabel(out: WireWriter, field: number, name: string, value: string): void {
  if (value === '') return;
  const label = out.begin(field);
  out.text(labelFields.name, name);
  out.text(labelFields.value, value);
  out.end(label);
}

/** Writes a time in seconds since the epoch, to the microsecond; nothing if it is none that there is a message for. */
function writeTimestamp(out: WireWriter, field: number, seconds: number): void {
  const micros = Math.round(seconds * 1e6);
  if (!isCount(micros)) return;
  const timestamp = out.begin(field);
  out.uint(timestampFields.seconds, Math.floor(micros / 1e6));
  out.uint(timestampFields.nanos, (micros % 1e6) * 1000);
  out.end(timestamp);
}

/** How many empty buckets are written in a row before a new span is shorter. */
const maxGap = 2;

/** Writes the buckets of one sign: where they are, as spans, and the difference of each count to the one before. */
function writeNativeBuckets(
  out: WireWriter,
  fields: { readonly span: number; readonly delta: number },
  { size, indexes, counts }: NativeBuckets,
): void {
  const deltas: number[] = [];
  let spanStart = 0;
  let spanOffset = 0;
  let next = 0;
  let last = 0;
  for (let i = 0; i < size; i++) {
    const index = indexes[i] as number;
    const gap = index - next;
    if (i === 0 || gap > maxGap) {
      if (i > 0) writeSpan(out, fields.span, spanOffset, next - spanStart);
      spanOffset = gap;
      spanStart = index;
    } else {
      for (let empty = 0; empty < gap; empty++) {
        deltas.push(-last);
        last = 0;
      }
    }
    const count = counts[i] as number;
    deltas.push(count - last);
    last = count;
    next = index + 1;
  }
  if (size > 0) writeSpan(out, fields.span, spanOffset, next - spanStart);
  out.packedSints(fields.delta, deltas);
}

function writeSpan(out: WireWriter, field: number, offset: number, length: number): void {
  const span = out.begin(field);
  out.sint(spanFields.offset, offset);
  out.uint(spanFields.length, length);
  out.end(span);
}

/** Whether a field for a count can have this number. A metric of prom-client may give any. */
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function isCountable({ count, cumulativeCounts }: HistogramView): boolean {
  for (let i = 0; i < cumulativeCounts.length; i++) if (!isCount(cumulativeCounts[i] as number)) return false;
  return isCount(count);
}

const mediaType = 'application/vnd.google.protobuf';
const message = 'io.prometheus.client.MetricFamily';

/** The format of Protocol Buffers, delimited: the only one that has native histograms and times of creation. */
export const protobufFormat: ExpositionFormat = {
  name: 'protobuf',
  mediaType,
  ...negotiateParameters(mediaType, { proto: message, encoding: 'delimited' }),
  render: renderMessages,
};
