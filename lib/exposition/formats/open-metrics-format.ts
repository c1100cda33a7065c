import type { ExposedFamily, ExpositionFormat } from '../../store/exposed-family.js';
import { canonicalFloat } from '../../store/go-float.js';
import { type Dialect, renderLines } from './sample-lines.js';
import { escapeText, spellFamilyName } from './spelling.js';
import { nameWithoutTotal, unitInName } from './unit.js';
import { negotiateVersion } from './versions.js';

// Source: OpenMetrics 1.0.0, "Text format".
const dialect: Dialect = {
  metadataOf(family) {
    const { name, type } = familyLine(family);
    const spelled = spellFamilyName(name);
    const unit = unitInName(family);
    const unitLine = unit === undefined ? '' : `# UNIT ${spelled} ${unit}\n`;
    return `# TYPE ${spelled} ${type}\n${unitLine}# HELP ${spelled} ${escapeText(family.help)}\n`;
  },
  createdName: (family) => {
    const { name, type } = familyLine(family);
    if (!family.hasCreatedSamples) return undefined;
    return type === 'counter' || type === 'histogram' ? `${name}_created` : undefined;
  },
  // Source: "Histogram": a sum must not stand beside a bound below 0, and a count not without its sum; the last bucket has
  // the same number. Why by the bounds alone: a sample that comes and goes with the values breaks every query of it.
  allowsNegativeBounds: false,
  allowsExemplars: (family) => familyLine(family).type === 'counter' || family.type === 'histogram',
  // Source: "Canonical Numbers": a bound is a float, and looks like one.
  formatBound: canonicalFloat,
  end: '# EOF\n',
};

/**
 * A sample's name never depends on the format: a counter's family is the name without `_total`. A counter whose name does
 * not end in `_total` cannot be a counter here.
 */
function familyLine(family: ExposedFamily): { name: string; type: string } {
  const name = nameWithoutTotal(family);
  const { type } = family;
  return { name, type: type === 'counter' && name === family.name ? 'unknown' : type };
}

const mediaType = 'application/openmetrics-text';

/** OpenMetrics. */
export const openMetricsFormat: ExpositionFormat = {
  name: 'openmetrics',
  mediaType,
  ...negotiateVersion(mediaType, ['1.0.0', '0.0.1']),
  render: (families) => renderLines(families, dialect),
};
