import type { ExposedType } from '../../store/exposed-family.js';
import { version } from '../../version.js';

/** One family on the page. */
export interface ShownFamily {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  /** How many series it has; `undefined` where that is not known without rendering it. */
  readonly series: number | undefined;
}

/** One label on the page. */
export interface ShownLabel {
  readonly family: string;
  readonly name: string;
  readonly values: number;
  readonly limit: number | undefined;
}

/** A declared family that shows nothing. */
export interface SilentFamily {
  readonly name: string;
  readonly why: string;
  readonly sites: readonly string[];
}

/** Everything that the landing page shows. */
export interface Landing {
  readonly families: readonly ShownFamily[];
  /** Those with the most values, the first one first. */
  readonly labels: readonly ShownLabel[];
  readonly silent: readonly SilentFamily[];
}

/** The paths of what the page loads. */
export const assets = { style: '/-/landing.css', script: '/-/landing.js' };

/** So many families have their graph open when the page is; what a recorder tells of itself has not. */
const openAtFirst = 4;

/** The landing page, which is readable without its script. */
export function landingHtml({ families, labels, silent }: Landing): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Metrics</title>
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body>
<header>
<h1>Metrics</h1>
<p>What this process counts, for <a href="https://prometheus.io">Prometheus</a> to scrape at <a href="/metrics">/metrics</a>.</p>
<nav><a href="/metrics">Metrics</a> <a href="/-/healthy">Healthy</a> <a href="/-/ready">Ready</a></nav>
</header>
<main>
<section>
<h2>Families</h2>
${families.map(familyHtml).join('') || '<p>None was declared yet.</p>\n'}</section>
${tableHtml('Labels with the most values', ['metric', 'label', 'values', 'at most'], labels.map(labelCells))}${tableHtml('Declared, but silent', ['metric', 'why', 'fed by'], silent.map(silentCells))}</main>
<footer>flowplane-metrics ${escaped(version)}</footer>
</body>
</html>
`;
}

function familyHtml({ name, type, help, series }: ShownFamily, index: number): string {
  const open = index < openAtFirst && !name.startsWith('flowplane_metrics_') ? ' open' : '';
  return `<details data-family="${escaped(name)}" data-type="${escaped(type)}"${open}>
<summary><code>${escaped(name)}</code> <span>${escaped(type)}</span> <span>${seriesText(series)}</span></summary>
<p>${escaped(help)}</p>
<figure></figure>
</details>
`;
}

const seriesText = (series: number | undefined): string =>
  series === undefined ? '' : `${series.toLocaleString('en-US')} series`;

const labelCells = ({ family, name, values, limit }: ShownLabel): string[] => [
  code(family),
  code(name),
  values.toLocaleString('en-US'),
  limit === undefined ? '' : limit.toLocaleString('en-US'),
];

const silentCells = ({ name, why, sites }: SilentFamily): string[] => [
  code(name),
  escaped(why),
  sites.map(code).join('<br>'),
];

function tableHtml(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
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

const code = (text: string): string => `<code>${escaped(text)}</code>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => entities[found] ?? '');
