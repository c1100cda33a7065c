import { singleFlight } from '../../async/single-flight.js';
import type { OutgoingResponse } from '../../http/send-response.js';
import type { FamilyCardinality } from '../../store/cardinality.js';
import type { Explanation } from '../../store/explain.js';
import type { ExposedFamily, Scrapable } from '../../store/exposed-family.js';
import { paths, type Route, type RouteHandler, readOnly } from '../route.js';
import { type LabelRow, type LandingContents, renderLandingPage, type SilentFamilyRow } from './landing-html.js';
import { landingScript } from './landing-script.js';
import { landingStyle } from './landing-style.js';

/** A recorder that can describe its families, as `PrometheusRecorder` can. */
interface Introspectable {
  cardinality?(): readonly FamilyCardinality[];
  explain?(): readonly Explanation[];
}

const maxLabels = 10;

// Why so strict: the names, helps and label values on the page may come from anywhere.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The routes of the landing page, its style and its script. */
export function landingRoutes(recorder: Scrapable, scrapable: Scrapable): readonly Route[] {
  // Why: however many clients ask at the same time, the families are collected once.
  const render = singleFlight(async () =>
    renderLandingPage(collectContents(recorder, await scrapable.exposedFamilies())),
  );
  return [
    protectedRoute(paths.landing, async () => htmlResponse(await render())),
    protectedRoute(paths.landingStyle, () => assetResponse('text/css', landingStyle)),
    protectedRoute(paths.landingScript, () => assetResponse('text/javascript', landingScript)),
  ];
}

const protectedRoute = (path: Route['path'], handle: RouteHandler): Route => ({
  path,
  access: 'protected',
  countsAsScrape: false,
  handle: readOnly(handle),
});

const htmlResponse = (body: string): OutgoingResponse => ({
  status: 200,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': contentSecurityPolicy,
    'Cache-Control': 'no-store',
  },
  body,
});

const assetResponse = (type: string, body: string): OutgoingResponse => ({
  status: 200,
  headers: { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-cache' },
  body,
});

function collectContents(recorder: Scrapable & Introspectable, exposed: readonly ExposedFamily[]): LandingContents {
  const cardinalities = recorder.cardinality?.() ?? [];
  const series = new Map(cardinalities.map((family) => [family.name, family.series]));
  return {
    families: exposed.map(({ name, type, help }) => ({ name, type, help, series: series.get(name) })),
    labels: findWidestLabels(cardinalities),
    silent: findSilentFamilies(recorder.explain?.() ?? []),
  };
}

function findWidestLabels(cardinalities: readonly FamilyCardinality[]): LabelRow[] {
  const labels = cardinalities.flatMap((family) =>
    family.labels.map(({ name, values, limit }) => ({ family: family.name, name, values, limit })),
  );
  return labels.sort((a, b) => b.values - a.values).slice(0, maxLabels);
}

function findSilentFamilies(explanations: readonly Explanation[]): SilentFamilyRow[] {
  return explanations
    .filter(({ state }) => state !== 'observed')
    .map(({ name, state, reasons, sites }) => ({ name, why: [state, ...reasons].join(', '), sites }));
}
