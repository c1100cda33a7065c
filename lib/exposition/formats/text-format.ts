import { goFloat } from '../../store/go-float.js';
import type { Format } from './format.js';
import { type Dialect, renderLines } from './sample-lines.js';

// Source: Prometheus, "Exposition formats", text format version 0.0.4.
const dialect: Dialect = {
  metadata({ name, type, help }, out) {
    out.text(`# HELP ${name} `);
    out.escaped(help, false);
    out.text(`\n# TYPE ${name} ${type === 'unknown' ? 'untyped' : type}\n`);
  },
  negativeSums: true,
  bound: goFloat,
  end: '',
};

/** Prometheus' own text format. */
export const textFormat: Format = {
  mediaType: 'text/plain',
  versions: ['0.0.4', '1.0.0'],
  render: (families) => renderLines(families, dialect),
};
