import type { FamilyCardinality } from '../../store/cardinality.js';
import type { Explanation } from '../../store/explain.js';
import type { ExposedFamily, Scrapable } from '../../store/exposed-family.js';
import { type Page, readOnly } from '../routes.js';
import { assets, type Landing, landingHtml, type ShownLabel, type SilentFamily } from './landing-html.js';
import { landingScript } from './landing-script.js';
import { landingStyle } from './landing-style.js';

/** What a recorder tells of itself, where it does. */
interface Telling {
  cardinality?(): readonly FamilyCardinality[];
  explain?(): readonly Explanation[];
}

const mostLabels = 10;

// Why so strict: what is shown has its names, helps and label values from anywhere.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The landing page and what it loads, by path. */
export function landingPages(recorder: Scrapable, scrapable: Scrapable): readonly (readonly [string, Page])[] {
  const body = shared(async () => landingHtml(landing(recorder, await scrapable.exposedFamilies())));
  return [
    ['/', readOnly(async () => html(await body()))],
    [assets.style, readOnly(() => asset('text/css', landingStyle))],
    [assets.script, readOnly(() => asset('text/javascript', landingScript))],
  ];
}

/** Gives those who ask while one is being made that one: however many they are, the families are collected once. */
function shared(make: () => Promise<string>): () => Promise<string> {
  let making: Promise<string> | undefined;
  return () => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
}

const html = (body: string) => ({
  status: 200,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-store',
  },
  body,
});

const asset = (type: string, body: string) => ({
  status: 200,
  headers: { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-cache' },
  body,
});

function landing(recorder: Scrapable & Telling, exposed: readonly ExposedFamily[]): Landing {
  const costs = recorder.cardinality?.() ?? [];
  const series = new Map(costs.map((cost) => [cost.name, cost.series]));
  return {
    families: exposed.map(({ name, type, help }) => ({ name, type, help, series: series.get(name) })),
    labels: widestLabels(costs),
    silent: silentFamilies(recorder.explain?.() ?? []),
  };
}

function widestLabels(costs: readonly FamilyCardinality[]): ShownLabel[] {
  const labels = costs.flatMap((cost) =>
    cost.labels.map(({ name, values, limit }) => ({ family: cost.name, name, values, limit })),
  );
  return labels.sort((a, b) => b.values - a.values).slice(0, mostLabels);
}

function silentFamilies(explained: readonly Explanation[]): SilentFamily[] {
  return explained
    .filter(({ state }) => state !== 'observed')
    .map(({ name, state, reasons, sites }) => ({ name, why: [state, ...reasons].join(', '), sites }));
}
