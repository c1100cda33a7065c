import type { CellExemplar } from '../../store/cells.js';
import { checkExemplar } from '../../store/exemplar-labels.js';
import { type ByteReader, type ByteWriter, MalformedFrame } from './bytes.js';

/** The bits that say what an exemplar is. */
const isOneOfSeveralBit = 1;
const hasLabelsBit = 2;

const traceIdBytes = 16;
const spanIdBytes = 8;

/** Writes an exemplar: the ids of its span, or its labels. */
export function writeExemplar(out: ByteWriter, { index, isOneOfSeveral, source, value, time }: CellExemplar): void {
  const { span, labels } = source;
  out.count(index);
  out.byte((isOneOfSeveral ? isOneOfSeveralBit : 0) | (span === undefined ? hasLabelsBit : 0));
  out.count(time);
  out.number(value);
  if (span !== undefined) {
    out.append(Buffer.from(span.traceId + span.spanId, 'hex'));
    return;
  }
  const all = Object.entries(labels);
  out.count(all.length);
  for (const [name, text] of all) {
    out.text(name);
    out.text(text);
  }
}

/** Reads an exemplar; `undefined` if it has labels that must not be exposed. */
export function readExemplar(reader: ByteReader): CellExemplar | undefined {
  const index = reader.count();
  const bits = reader.byte();
  const time = reader.count();
  const value = reader.number();
  const labels = (bits & hasLabelsBit) === 0 ? readIds(reader) : readLabels(reader);
  const checked = checkExemplar(labels);
  if ('refused' in checked || checked.source === undefined) return undefined;
  return { index, isOneOfSeveral: (bits & isOneOfSeveralBit) !== 0, source: checked.source, value, time };
}

function readIds(reader: ByteReader): Readonly<Record<string, string>> {
  return { trace_id: reader.hex(traceIdBytes), span_id: reader.hex(spanIdBytes) };
}

function readLabels(reader: ByteReader): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  for (let left = reader.countOfThings(); left > 0; left--) labels.set(reader.text(), reader.text());
  return Object.fromEntries(labels);
}

/** Reads all exemplars of an area whose cells are below this index. */
export function readExemplars(reader: ByteReader, length: number): CellExemplar[] {
  const exemplars: CellExemplar[] = [];
  while (!reader.isAtEnd) {
    const exemplar = readExemplar(reader);
    if (exemplar === undefined) continue;
    if (exemplar.index >= length) throw new MalformedFrame('it has an exemplar outside its area');
    exemplars.push(exemplar);
  }
  return exemplars;
}
