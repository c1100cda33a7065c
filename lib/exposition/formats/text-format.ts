import type { ExpositionFormat } from '../../store/exposed-family.js';
import { goFloat } from '../../store/go-float.js';
import { type Dialect, renderLines } from './sample-lines.js';
import { escapeUnquoted, spellFamilyName } from './spelling.js';
import { negotiateVersion } from './versions.js';

// Source: Prometheus, "Exposition formats", text format version 0.0.4.
const dialect: Dialect = {
  metadataOf({ name, type, help }) {
    const spelled = spellFamilyName(name);
    return `# HELP ${spelled} ${escapeUnquoted(help)}\n# TYPE ${spelled} ${type === 'unknown' ? 'untyped' : type}\n`;
  },
  allowsNegativeBounds: true,
  formatBound: goFloat,
  end: '',
};

const mediaType = 'text/plain';

/** The text format of Prometheus. */
export const textFormat: ExpositionFormat = {
  name: 'text',
  mediaType,
  ...negotiateVersion(mediaType, ['0.0.4', '1.0.0']),
  render: (families) => renderLines(families, dialect),
};
