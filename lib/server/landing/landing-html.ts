import { formatCount } from '../../error.js';
import { round } from '../../families/objective.js';
import type { FamilyFacts, LabelFacts, ObjectiveFacts, SilentFamily, WideLabel } from '../../page/facts.js';
import type { ExposedType } from '../../store/exposed-family.js';
import { version } from '../../version.js';
import { paths } from '../route.js';
import { type Markup, markup, renderCode, renderScript, renderTable } from './markup.js';
import { describeSilence, isSilent, summarizeFacts } from './summarize-facts.js';

/** One family on the page. */
export interface FamilyRow {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  readonly unit: string | undefined;
  /** What its recorder knows of it; `undefined` where that is elsewhere. */
  readonly facts: FamilyFacts | undefined;
}

/** A process or thread that publishes to this one. */
export interface SourceRow {
  readonly source: string;
  /** Seconds since it has published. */
  readonly ageSeconds: number;
}

/** The contents of the landing page. */
export interface LandingContents {
  readonly families: readonly FamilyRow[];
  /** Every family that a recorder knows, also those that are not exposed. */
  readonly facts: readonly FamilyFacts[];
  readonly sources: readonly SourceRow[];
  /** Where an exemplar leads, with its labels in braces. */
  readonly exemplarUrl: string | undefined;
  /** The names of the labels of every series. */
  readonly constantLabels: readonly string[];
}

/** How many families have an open graph when the page is loaded. */
const initiallyOpen = 4;

/** Families that are not the service's own. */
const isAboutProcess = ({ name }: FamilyRow): boolean => /^(flowplane_metrics|process|nodejs)_/.test(name);

/** A path of the server as a link that also holds where a proxy serves the page under another path. */
const relative = (path: string): string => path.slice(1);

/** Renders the landing page. It is readable without its script. */
export function renderLandingPage(contents: LandingContents): string {
  const { families, facts, sources } = contents;
  const own = families.filter((family) => !isAboutProcess(family));
  const others = families.filter(isAboutProcess);
  const { widest, silent } = summarizeFacts(facts);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Metrics</title>
<link rel="stylesheet" href="${relative(paths.landingStyle)}">
${renderScript(relative(paths.landingScript))}
</head>
<body${describeExemplars(contents)} data-constant-labels="${JSON.stringify(contents.constantLabels)}">
<header>
<h1>Metrics</h1>
<nav aria-label="Endpoints"><a href="${relative(paths.metrics)}">Metrics</a> <a href="${relative(paths.healthy)}">Healthy</a> <a href="${relative(paths.ready)}">Ready</a></nav>
<p>What this service counts, for <a href="https://prometheus.io">Prometheus</a> to scrape at <a href="${relative(paths.metrics)}">${paths.metrics}</a>.</p>
<div id="tools"></div>
</header>
<main>
${renderFamilies('Families', own, initiallyOpen)}${others.length === 0 ? '' : renderFamilies('Of the process and the library', others, 0)}${renderTable('widest', 'Labels with the most values', ['metric', 'label', 'values', 'at most'], widest.map(labelCells))}${renderTable('silent', 'Declared, but silent', ['metric', 'why', 'fed by'], silent.map(silentCells))}${renderTable('sources', 'Processes and threads that publish to this one', ['source', 'published before'], sources.map(sourceCells))}</main>
<footer>flowplane-metrics ${version}</footer>
</body>
</html>
`.text;
}

const describeExemplars = ({ exemplarUrl }: LandingContents): Markup | string =>
  exemplarUrl === undefined ? '' : markup` data-exemplar-url="${exemplarUrl}"`;

const renderFamilies = (
  title: string,
  families: readonly FamilyRow[],
  open: number,
): Markup => markup`<section class="families">
<h2>${title}</h2>
${families.length === 0 ? markup`<p>None yet. A metric is here as soon as a method that feeds it was called.</p>\n` : families.map((family, i) => renderFamily(family, i < open))}</section>
`;

function renderFamily(family: FamilyRow, isOpen: boolean): Markup {
  const { name, type, help, unit, facts } = family;
  const searched = [
    name,
    type,
    help,
    ...(facts?.sites ?? []),
    ...(facts?.labels ?? []).map((label) => label.name),
  ].join(' ');
  const { objective } = facts ?? {};
  return markup`<details data-family="${name}" data-type="${type}"${unit === undefined ? '' : markup` data-unit="${unit}"`}${objective === undefined ? '' : markup` data-objective="${JSON.stringify(objective)}"`} data-search="${searched}"${isOpen ? ' open' : ''}>
<summary><code>${name}</code> <span>${type}</span>${facts?.series === undefined ? '' : markup` <span><span data-series>${formatCount(facts.series)}</span> series</span>`}</summary>
<p>${help}</p>
<div class="graph"></div>
<dl>
${describeRows(family).map(([term, words]) => markup`<dt>${term}</dt><dd>${words}</dd>\n`)}${facts?.state === undefined ? '' : renderSilence(facts)}</dl>
</details>
`;
}

/** Why also where it is not silent: the script of the page says so when that has changed. */
const renderSilence = (facts: FamilyFacts): Markup =>
  markup`<div data-silent${isSilent(facts) ? '' : ' hidden'}><dt>Silent</dt><dd>${describeSilence(facts)}</dd></div>\n`;

type Words = Markup | string | readonly (Markup | string)[];

/** What is known of a family, in the order of the page. */
function describeRows({ name, unit, facts }: FamilyRow): (readonly [term: string, words: Words])[] {
  const rows: (readonly [string, Words | undefined])[] = [
    ['Fed by', facts?.sites.length ? joinBy(', ', facts.sites.map(renderCode)) : undefined],
    ['Unit', unit],
    ['Labels', facts?.labels.length ? joinBy('; ', facts.labels.map(describeLabel)) : undefined],
    ['Series', facts === undefined ? undefined : describeSeries(facts)],
    ['Objective', facts?.objective === undefined ? undefined : describeObjective(facts.objective)],
    ['Numbers', markup`<a href="${relative(paths.metrics)}?name[]=${encodeURIComponent(name)}">as text</a>`],
  ];
  return rows.filter((row): row is readonly [string, Words] => row[1] !== undefined);
}

const joinBy = (between: string, parts: readonly Markup[]): (Markup | string)[] =>
  parts.flatMap((part, i) => (i === 0 ? [part] : [between, part]));

const atMost = (limit: number | undefined): string => (limit === undefined ? '' : ` of at most ${formatCount(limit)}`);

// Why elements around the counts: the script of the page brings them up to date.
const describeLabel = ({ name, values, limit }: LabelFacts): Markup =>
  markup`${renderCode(name)} <span data-values-of="${name}">${formatKnown(values)}</span>${atMost(limit)} values`;

const describeSeries = ({ series, seriesLimit }: FamilyFacts): Markup =>
  markup`<span data-series>${formatKnown(series)}</span>${atMost(seriesLimit)}`;

const formatKnown = (count: number | undefined): string => (count === undefined ? '–' : formatCount(count));

function describeObjective({ ratio, days, errors, under }: ObjectiveFacts): string {
  const start = `${round(ratio * 100)} % over ${days} days`;
  if (under !== undefined) return `${start}: at most ${under}`;
  const words = Object.entries(errors ?? {}).map(([label, values]) => `${label} ${values.join(' or ')}`);
  return `${start}: without ${words.join(' and ')}`;
}

const labelCells = ({ family, label, values, limit }: WideLabel): Words[] => [
  renderCode(family),
  renderCode(label),
  formatCount(values),
  limit === undefined ? '' : formatCount(limit),
];

const silentCells = ({ name, why, sites }: SilentFamily): Words[] => [
  renderCode(name),
  why,
  sites.map((site, i) => (i === 0 ? renderCode(site) : markup`<br>${renderCode(site)}`)),
];

const sourceCells = ({ source, ageSeconds }: SourceRow): Words[] => [
  source,
  markup`<span data-source="${source}">${formatCount(Math.round(ageSeconds))} s</span>`,
];
