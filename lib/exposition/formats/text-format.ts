import type { ExpositionFormat } from '../../store/exposed-family.js';
import { goFloat } from '../../store/go-float.js';
import { type Dialect, renderLines } from './sample-lines.js';
import { escapeUnquoted } from './spelling.js';
import { versionedContentType } from './versions.js';

// Source: Prometheus, "Exposition formats", text format version 0.0.4.
const dialect: Dialect = {
  metadataOf: ({ name, type, help }) =>
    `# HELP ${name} ${escapeUnquoted(help)}\n# TYPE ${name} ${type === 'unknown' ? 'untyped' : type}\n`,
  allowsNegativeBounds: true,
  formatBound: goFloat,
  end: '',
};

const mediaType = 'text/plain';

/** The text format of Prometheus. */
export const textFormat: ExpositionFormat = {
  name: 'text',
  mediaType,
  contentType: versionedContentType(mediaType, ['0.0.4', '1.0.0']),
  render: (families) => renderLines(families, dialect),
};
