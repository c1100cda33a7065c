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

/** A piece is taken about so often. */
const pieceLength = 64 * 1024;

/**
 * The body of a request as it grows, in pieces. Each piece is a whole `ResourceMetrics`, of which a request may have any
 * number; so a metric of many series does not have to be in memory twice.
 */
export class RequestBody {
  readonly out = new WireWriter(pieceLength * 1.5);
  readonly #resource = new WireWriter(256);
  readonly #scope = new WireWriter(128);
  /** The metric whose points are being written. */
  #head: MetricHead | undefined;
  /** Where the messages that are open have begun, from the outside to the inside. */
  readonly #open: number[] = [];
  #pieces: Uint8Array[] = [];
  #length = 0;
  #points = 0;

  constructor({ resource, scope }: Origin) {
    const whose = this.#resource.begin(resourceMetrics.resource);
    for (const [name, value] of resource) writeAttribute(this.#resource, resourceAttributes, name, value);
    this.#resource.end(whose);
    const by = this.#scope.begin(scopeMetrics.scope);
    this.#scope.text(scopeFields.name, scope.name);
    this.#scope.text(scopeFields.version, scope.version);
    this.#scope.end(by);
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length + this.out.length;
  }

  /** How many points there are. */
  get points(): number {
    return this.#points;
  }

  /** Begins a point of this metric; returns what `out.end` needs to end it. */
  beginPoint(head: MetricHead): number {
    if (head !== this.#head) this.#beginMetric(head);
    this.#points++;
    return this.out.begin(dataParts.points);
  }

  /** Puts a piece aside, if enough has been written for one. */
  cut(): void {
    if (this.out.length >= pieceLength) this.#endPiece();
  }

  /** Takes the whole body; the next one begins. */
  take(): readonly Uint8Array[] {
    this.#endPiece();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    this.#points = 0;
    return pieces;
  }

  #beginMetric(head: MetricHead): void {
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
    if (this.out.length === 0) return;
    // Why not `Uint8Array.from`: it takes the bytes one by one.
    const piece = new Uint8Array(this.out.take());
    this.#pieces.push(piece);
    this.#length += piece.length;
  }
}

/** Writes a label as an attribute, unless its value is empty: then it is none. */
export function writeAttribute(out: WireWriter, field: number, name: string, value: string): void {
  if (value === '') return;
  const attribute = out.begin(field);
  out.text(keyValue.key, name);
  const any = out.begin(keyValue.value);
  out.text(anyString, value);
  out.end(any);
  out.end(attribute);
}
