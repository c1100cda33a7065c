// Source: github.com/prometheus/client_model, io/prometheus/client/metrics.proto. The numbers of its fields:
const familyFields = { name: 1, metric: 4 } as const;
const metricFields = { histogram: 7 } as const;
const schemaField = 5;

/** A field of a message. */
interface Field {
  readonly number: number;
  /** Where its contents begin and end, if it has a length; otherwise both are where it ends. */
  readonly start: number;
  readonly end: number;
}

/**
 * Lists the families with native histograms in an exposition as delimited Protocol Buffers, each once.
 *
 * @throws RangeError where it is none.
 */
export function listNativeFamilies(exposition: Uint8Array): string[] {
  const names = new Set<string>();
  const bytes = new WireReader(exposition);
  for (let at = 0; at < exposition.length; ) {
    const [length, start] = bytes.readVarint(at);
    at = start + length;
    const fields = [...bytes.readFields(start, at)];
    const name = fields.find(({ number }) => number === familyFields.name);
    const isNative = fields.some((field) => field.number === familyFields.metric && hasSchema(bytes, field));
    if (isNative && name !== undefined) names.add(Buffer.from(exposition.subarray(name.start, name.end)).toString());
  }
  return [...names];
}

/** Whether a metric has a histogram with a schema: a classic one has none. */
function hasSchema(bytes: WireReader, metric: Field): boolean {
  for (const histogram of bytes.readFields(metric.start, metric.end)) {
    if (histogram.number !== metricFields.histogram) continue;
    for (const { number } of bytes.readFields(histogram.start, histogram.end)) if (number === schemaField) return true;
  }
  return false;
}

// Source: protobuf.dev, "Encoding", "Message Structure".
const wireTypes = { varint: 0, eightBytes: 1, length: 2, fourBytes: 5 } as const;

class WireReader {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A number in groups of seven bits, and where it ends. */
  readVarint(start: number): readonly [value: number, end: number] {
    let value = 0;
    for (let at = start; at < start + 10; at++) {
      const byte = this.#bytes[at];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** (7 * (at - start));
      if (byte < 0x80) return [value, at + 1];
    }
    throw new RangeError(`no number ends at byte ${start}`);
  }

  *readFields(start: number, end: number): Generator<Field> {
    if (end > this.#bytes.length) throw new RangeError(`a message ends after byte ${this.#bytes.length}`);
    for (let at = start; at < end; ) {
      const [key, afterKey] = this.readVarint(at);
      const [from, to] = this.#readContents(key % 8, afterKey);
      yield { number: Math.floor(key / 8), start: from, end: to };
      at = to;
    }
  }

  #readContents(wireType: number, at: number): readonly [start: number, end: number] {
    switch (wireType) {
      case wireTypes.varint:
        return [at, this.readVarint(at)[1]];
      case wireTypes.eightBytes:
        return [at, at + 8];
      case wireTypes.fourBytes:
        return [at, at + 4];
      case wireTypes.length: {
        const [length, start] = this.readVarint(at);
        return [start, start + length];
      }
      default:
        throw new RangeError(`byte ${at} follows a field of the unknown type ${wireType}`);
    }
  }
}
