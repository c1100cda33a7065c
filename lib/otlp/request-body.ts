import { WireWriter } from '../exposition/formats/wire-writer.js';

/** Whether numbers that add up are sent as totals, or as what has been added since the last time; as OTLP numbers it. */
const temporalityNumbers = { delta: 1, cumulative: 2 } as const;

/** The temporality of the points of one metric. */
export type PointTemporality = keyof typeof temporalityNumbers;

/** What all points of one metric have in common. */
export interface MetricHead {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly data: 'gauge' | 'sum' | 'histogram' | 'exponential' | 'summary';
  /** Absent where numbers do not add up. */
  readonly temporality?: PointTemporality;
}

/** Whose numbers they are. */
export interface Origin {
  /** The attributes of the resource. */
  readonly resource: Iterable<readonly [name: string, value: string]>;
  readonly scope: { readonly name: string; readonly version: string };
}

// Source: github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto and what it imports: the numbers of fields.
const resourceMetrics = { field: 1, resource: 1, scopeMetrics: 2 } as const;
const resourceAttributes = 1;
const scopeMetrics = { scope: 1, metrics: 2 } as const;
const scopeFields = { name: 1, version: 2 } as const;
const keyValue = { key: 1, value: 2 } as const;
const anyString = 1;
const metricFields = { name: 1, description: 2, unit: 3 } as const;
const dataFields = { gauge: 5, sum: 7, histogram: 9, exponential: 10, summary: 11 } as const;
const dataParts = { points: 1, temporality: 2, isMonotonic: 3 } as const;

/** After how many bytes a piece ends. Why fewer for JSON: a piece is made JSON of at once. */
const pieceLengths = { protobuf: 64 * 1024, json: 4 * 1024 } as const;

/**
 * The body of a request as it grows, in pieces. Each piece is a whole `ResourceMetrics`, of which a request may have any
 * number; so it can be sent, or become JSON, piece by piece.
 *
 * Why all of it in one buffer, which serves the next request again: to allocate megabytes at each export makes the runtime
 * collect garbage, which takes longer than the export.
 */
export class RequestBody {
  readonly out = new WireWriter(pieceLengths.protobuf);
  readonly #pieceLength: number;
  readonly #resource = new WireWriter(256);
  readonly #scope = new WireWriter(128);
  /** The metric whose points are being written. */
  #head: MetricHead | undefined;
  /** Where the messages that are open have begun, from the outside to the inside. */
  readonly #open: number[] = [];
  /** Where the pieces end. */
  #ends: number[] = [];
  #points = 0;

  /** @param format what the pieces become. */
  constructor({ resource, scope }: Origin, format: keyof typeof pieceLengths = 'protobuf') {
    const whose = this.#resource.begin(resourceMetrics.resource);
    for (const [name, value] of resource) writeAttribute(this.#resource, resourceAttributes, name, value);
    this.#resource.end(whose);
    const by = this.#scope.begin(scopeMetrics.scope);
    this.#scope.text(scopeFields.name, scope.name);
    this.#scope.text(scopeFields.version, scope.version);
    this.#scope.end(by);
    // Why longer: each piece has the resource, and would have little else where that is large.
    this.#pieceLength = pieceLengths[format] + this.#resource.length;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.out.length;
  }

  /** How many points there are. */
  get points(): number {
    return this.#points;
  }

  /** Counts a point of this metric, which is written next. Begins the metric, unless its points are being written. */
  countPoint(head: MetricHead): void {
    this.#points++;
    if (head !== this.#head) this.#begin(head);
  }

  /** Begins a point of this metric; returns what `out.end` needs to end it. */
  beginPoint(head: MetricHead): number {
    this.countPoint(head);
    return beginPoint(this.out);
  }

  /** Ends a piece, if enough has been written for one. */
  cut(): void {
    if (this.out.length - (this.#ends.at(-1) ?? 0) >= this.#pieceLength) this.#endPiece();
  }

  /** Takes the whole body, whose bytes are valid until the next one begins. */
  take(): readonly Uint8Array[] {
    this.#endPiece();
    const bytes = this.out.take();
    const pieces = this.#ends.map((end, i) => bytes.subarray(this.#ends[i - 1] ?? 0, end));
    this.#ends = [];
    this.#points = 0;
    return pieces;
  }

  #begin(head: MetricHead): void {
    const { out } = this;
    this.#endMetric();
    if (this.#open.length === 0) this.#beginPiece();
    this.#head = head;
    this.#open.push(out.begin(scopeMetrics.metrics));
    out.text(metricFields.name, head.name);
    if (head.description !== '') out.text(metricFields.description, head.description);
    if (head.unit !== '') out.text(metricFields.unit, head.unit);
    this.#open.push(out.begin(dataFields[head.data]));
    if (head.temporality !== undefined) out.uint(dataParts.temporality, temporalityNumbers[head.temporality]);
    if (head.data === 'sum') out.uint(dataParts.isMonotonic, 1);
  }

  #endMetric(): void {
    if (this.#head === undefined) return;
    this.#head = undefined;
    for (let i = 0; i < 2; i++) this.out.end(this.#open.pop() as number);
  }

  #beginPiece(): void {
    const { out } = this;
    this.#open.push(out.begin(resourceMetrics.field));
    out.append(this.#resource, 0, this.#resource.length);
    this.#open.push(out.begin(resourceMetrics.scopeMetrics));
    out.append(this.#scope, 0, this.#scope.length);
  }

  #endPiece(): void {
    this.#endMetric();
    while (this.#open.length > 0) this.out.end(this.#open.pop() as number);
    if (this.out.length > (this.#ends.at(-1) ?? 0)) this.#ends.push(this.out.length);
  }
}

/** Begins a point; returns what `out.end` needs to end it. */
export const beginPoint = (out: WireWriter): number => out.begin(dataParts.points);

/** Writes a label as an attribute, unless its value is empty: then it is none. */
export function writeAttribute(out: WireWriter, field: number, name: string, value: string): void {
  if (value === '') return;
  const starts = beginAttribute(out, field, name);
  out.characters(value);
  endAttribute(out, starts);
}

/** Where the messages of an attribute have begun, from the outside to the inside. */
export interface AttributeStarts {
  readonly attribute: number;
  readonly value: number;
  readonly text: number;
}

/** Begins an attribute; the characters of its value follow. */
export function beginAttribute(out: WireWriter, field: number, name: string): AttributeStarts {
  const attribute = out.begin(field);
  out.text(keyValue.key, name);
  const value = out.begin(keyValue.value);
  return { attribute, value, text: out.begin(anyString) };
}

/** Ends what `beginAttribute` has begun. */
export function endAttribute(out: WireWriter, { attribute, value, text }: AttributeStarts): void {
  out.end(text);
  out.end(value);
  out.end(attribute);
}
