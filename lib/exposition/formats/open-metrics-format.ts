import type { ExposedFamily } from '../../store/exposed-family.js';
import { goFloat } from '../../store/go-float.js';
import type { Format } from './format.js';
import { type Dialect, renderLines } from './sample-lines.js';

const total = '_total';

// Source: OpenMetrics 1.0.0, "Text format".
const dialect: Dialect = {
  metadata(family, out) {
    const { name, type } = familyLine(family);
    out.text(`# TYPE ${name} ${type}\n`);
    if (family.unit !== undefined && name.endsWith(`_${family.unit}`)) out.text(`# UNIT ${name} ${family.unit}\n`);
    out.text(`# HELP ${name} `);
    out.escaped(family.help, true);
    out.text('\n');
  },
  created: (family) => {
    const { name, type } = familyLine(family);
    return type === 'counter' || type === 'histogram' ? `${name}_created` : undefined;
  },
  // Source: "Histogram": a sum is a counter, so it is left out where it could not be one;
  // there is no count without it, but the last bucket says the same.
  negativeSums: false,
  // Source: "Canonical Numbers": a bound is a float, and looks like one.
  bound: (at) => goFloat(at).replace(/^-?\d+$/, '$&.0'),
  end: '# EOF\n',
};

/**
 * A sample's name never depends on the format: a counter is the family without `_total`, and one that does not end in
 * it cannot be a counter here.
 */
function familyLine({ name, type }: ExposedFamily): { name: string; type: string } {
  if (type !== 'counter') return { name, type };
  return name.endsWith(total) ? { name: name.slice(0, -total.length), type } : { name, type: 'unknown' };
}

/** OpenMetrics. */
export const openMetricsFormat: Format = {
  mediaType: 'application/openmetrics-text',
  versions: ['1.0.0', '0.0.1'],
  render: (families) => renderLines(families, dialect),
};
