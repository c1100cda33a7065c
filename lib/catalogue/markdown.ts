import { formatCount } from '../error.js';
import { defaultDays, type Objective, round } from '../families/objective.js';
import type { CatalogueEntry, CatalogueLabel } from './catalogue.js';

const columns: readonly (readonly [title: string, cell: (entry: CatalogueEntry) => string])[] = [
  ['metric', ({ name }) => formatCode(name)],
  ['kind', formatKind],
  ['labels', ({ labels }) => labels.map(formatLabel).join('<br>')],
  ['series at most', ({ seriesAtMost }) => formatCount(seriesAtMost)],
  ['fed by', ({ fedBy }) => fedBy.map(formatCode).join('<br>')],
  ['what it is', describe],
];

/**
 * Formats the catalogue as a table in Markdown, for a document or a review.
 *
 * @example
 * import { catalogue, catalogueMarkdown, defineGauge } from 'flowplane-metrics';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs', labels: { queue: { limit: 20 } } });
 * console.log(catalogueMarkdown(catalogue([depth])));
 */
export function catalogueMarkdown(entries: readonly CatalogueEntry[]): string {
  const rows = entries.map((entry) => columns.map(([, cell]) => cell(entry)));
  const header = columns.map(([title]) => title);
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function describe({ help, unit, objective }: CatalogueEntry): string {
  const text = escapeText(unit === undefined ? help : `${help} (${unit})`);
  return objective === undefined ? text : `${text}<br>${describeObjective(objective)}`;
}

function describeObjective(objective: Objective): string {
  const { ratio, days = defaultDays } = objective;
  const percent = `${round(ratio * 100)} %`;
  const promise = 'under' in objective ? `at most ${objective.under}` : `not ${describeErrors(objective.errors)}`;
  return `objective: ${percent} ${promise}, over ${days} days`;
}

const describeErrors = (errors: object): string =>
  Object.entries(errors)
    .map(([label, values]) => formatCode(`${label}=${[values].flat().join('|')}`))
    .join(' and ');

function formatKind({ kind, buckets, native }: CatalogueEntry): string {
  if (buckets === undefined) return kind;
  const classic = `${kind} of ${buckets.length + 1} bucket${buckets.length === 0 ? '' : 's'}`;
  if (native === undefined) return classic;
  const { maxBuckets, schema, bytesAtMost } = native;
  return `${classic}, and at most ${formatCount(maxBuckets)} native ones of schema ${schema} (${formatCount(Math.ceil(bytesAtMost / 1024))} KiB)`;
}

function formatLabel({ name, oneOf, limit, hash, sensitive }: CatalogueLabel): string {
  const bounds = [
    oneOf && `one of ${oneOf.map(formatCode).join(', ')}`,
    limit && `at most ${formatCount(limit)}`,
    hash && 'hashed',
    sensitive && `sensitive values: ${sensitive}`,
  ].filter(Boolean);
  return bounds.length === 0 ? formatCode(name) : `${formatCode(name)}: ${bounds.join('; ')}`;
}

// Source: GitHub Flavored Markdown, section 4.10: a bar ends a cell, even in code, unless it is escaped.
const escapeText = (plain: string): string =>
  plain
    .replace(/[\\`*_<>[\]|~]/g, '\\$&')
    .replace(/\s+/g, ' ')
    .trim();

function formatCode(plain: string): string {
  const fence = '`'.repeat(Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const inner = fence.length > 1 ? ` ${plain} ` : plain;
  return `${fence}${inner.replace(/\s/g, ' ').replaceAll('|', '\\|')}${fence}`;
}
