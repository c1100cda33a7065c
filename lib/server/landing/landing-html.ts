import { formatCount } from '../../error.js';
import type { ExposedType } from '../../store/exposed-family.js';
import { version } from '../../version.js';
import { paths } from '../route.js';

/** One family on the page. */
export interface FamilyRow {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  /** The number of its series; `undefined` where only rendering it would tell. */
  readonly series: number | undefined;
}

/** One label on the page. */
export interface LabelRow {
  readonly family: string;
  readonly name: string;
  readonly values: number;
  readonly limit: number | undefined;
}

/** A declared family without observations. */
export interface SilentFamilyRow {
  readonly name: string;
  readonly why: string;
  readonly sites: readonly string[];
}

/** The contents of the landing page. */
export interface LandingContents {
  readonly families: readonly FamilyRow[];
  /** The labels with the most values, in descending order. */
  readonly labels: readonly LabelRow[];
  readonly silent: readonly SilentFamilyRow[];
}

/** How many families have an open graph when the page is loaded. The recorder's own families have none. */
const initiallyOpen = 4;

/** Renders the landing page. It is readable without its script. */
export function renderLandingPage({ families, labels, silent }: LandingContents): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Metrics</title>
<link rel="stylesheet" href="${paths.landingStyle}">
<script src="${paths.landingScript}" defer></script>
</head>
<body>
<header>
<h1>Metrics</h1>
<p>What this process counts, for <a href="https://prometheus.io">Prometheus</a> to scrape at <a href="${paths.metrics}">${paths.metrics}</a>.</p>
<nav><a href="${paths.metrics}">Metrics</a> <a href="${paths.healthy}">Healthy</a> <a href="${paths.ready}">Ready</a></nav>
</header>
<main>
<section>
<h2>Families</h2>
${families.map(renderFamily).join('') || '<p>None was declared yet.</p>\n'}</section>
${renderTable('Labels with the most values', ['metric', 'label', 'values', 'at most'], labels.map(labelCells))}${renderTable('Declared, but silent', ['metric', 'why', 'fed by'], silent.map(silentCells))}</main>
<footer>flowplane-metrics ${escapeHtml(version)}</footer>
</body>
</html>
`;
}

function renderFamily({ name, type, help, series }: FamilyRow, index: number): string {
  const open = index < initiallyOpen && !name.startsWith('flowplane_metrics_') ? ' open' : '';
  return `<details data-family="${escapeHtml(name)}" data-type="${escapeHtml(type)}"${open}>
<summary><code>${escapeHtml(name)}</code> <span>${escapeHtml(type)}</span> <span>${formatSeries(series)}</span></summary>
<p>${escapeHtml(help)}</p>
<figure></figure>
</details>
`;
}

const formatSeries = (series: number | undefined): string =>
  series === undefined ? '' : `${formatCount(series)} series`;

const labelCells = ({ family, name, values, limit }: LabelRow): string[] => [
  renderCode(family),
  renderCode(name),
  formatCount(values),
  limit === undefined ? '' : formatCount(limit),
];

const silentCells = ({ name, why, sites }: SilentFamilyRow): string[] => [
  renderCode(name),
  escapeHtml(why),
  sites.map(renderCode).join('<br>'),
];

function renderTable(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>\n`;
  return `<section>
<h2>${title}</h2>
<table>
<thead>${line('th', columns)}</thead>
<tbody>
${rows.map((cells) => line('td', cells)).join('')}</tbody>
</table>
</section>
`;
}

const renderCode = (text: string): string => `<code>${escapeHtml(text)}</code>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => entities[found] ?? '');
