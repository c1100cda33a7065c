import { maxBucketsAtMost, narrowestSchema, widestSchema } from '../../families/native-histogram.js';
import type { NativeLayout } from '../../store/native-pages.js';
import { type ByteReader, type ByteWriter, MalformedFrame } from './bytes.js';

/** Writes where the native histograms of a family are, if it has any. */
export function writeNativeLayout(out: ByteWriter, layout: NativeLayout | undefined): void {
  // Why one more: 0 stands for none.
  out.count(layout === undefined ? 0 : layout.offset + 1);
  if (layout === undefined) return;
  out.integer(layout.schema);
  out.number(layout.zeroThreshold);
  out.count(layout.maxBuckets);
}

/** Reads what `writeNativeLayout` has written. */
export function readNativeLayout(reader: ByteReader): NativeLayout | undefined {
  const written = reader.count();
  if (written === 0) return undefined;
  const layout = {
    offset: written - 1,
    schema: readSchema(reader),
    zeroThreshold: readThreshold(reader),
    maxBuckets: reader.count(),
  };
  if (layout.maxBuckets > maxBucketsAtMost) throw new MalformedFrame('it has a histogram with too many buckets');
  return layout;
}

function readSchema(reader: ByteReader): number {
  const schema = reader.integer();
  if (schema < widestSchema || schema > narrowestSchema) throw new MalformedFrame('it has an unknown schema');
  return schema;
}

function readThreshold(reader: ByteReader): number {
  const threshold = reader.number();
  if (!(threshold >= 0 && threshold < Infinity)) throw new MalformedFrame('it has an impossible zero threshold');
  return threshold;
}
