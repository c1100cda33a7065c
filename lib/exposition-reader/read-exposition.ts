import { Refusal } from './cursor.js';
import { type Exposition, prometheus } from './exposition.js';
import { ExpositionBuilder } from './exposition-builder.js';
import { OpenMetricsReader, openMetricsSuffixes } from './open-metrics-reader.js';
import { sourceOf } from './source.js';
import { TextReader, textSuffixes } from './text-reader.js';

/** The format that a content type names; `undefined` where it names none of the two. */
export function formatOf(contentType: string): Exposition['format'] | undefined {
  const [type = ''] = contentType.split(';');
  return formats[type.trim().toLowerCase()];
}

const formats: Readonly<Record<string, Exposition['format']>> = {
  'text/plain': 'text',
  'application/openmetrics-text': 'OpenMetrics',
};

/** How to read an exposition, where this differs from the usual. */
export interface ReadOptions {
  /** What the answer says it is (default: text/plain). */
  readonly contentType?: string;
  /** The moment of the scrape in milliseconds (default: now). */
  readonly now?: number;
}

/** Reads an exposition, and finds what Prometheus and other consumers object to. Never throws for what stands there. */
export function readExposition(
  bytes: Uint8Array,
  { contentType = 'text/plain', now = Date.now() }: ReadOptions = {},
): Exposition {
  const format = formatOf(contentType) ?? 'text';
  const source = sourceOf(bytes);
  const isText = format === 'text';
  const isQuoting =
    /;\s*escaping\s*=\s*"?allow-utf-8/i.test(contentType) ||
    (isText && /;\s*version\s*=\s*"?1\.0\.0/i.test(contentType));
  const builder = new ExpositionBuilder(source.text, isText ? textSuffixes : openMetricsSuffixes, { now, isQuoting });
  try {
    new (isText ? TextReader : OpenMetricsReader)(source, builder).read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    builder.object(error.at, error.what, prometheus);
  }
  return builder.finish(format);
}
