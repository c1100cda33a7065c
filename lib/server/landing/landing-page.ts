import { gunzipSync } from 'node:zlib';
import { singleFlight } from '../../async/single-flight.js';
import { WholeBody } from '../../exposition/body.js';
import { negotiate } from '../../exposition/negotiation.js';
import type { RequestContext } from '../../http/request-context.js';
import type { OutgoingResponse } from '../../http/send-response.js';
import { type FamilyFacts, sourceAges } from '../../page/facts.js';
import type { ExposedFamily, Scrapable } from '../../store/exposed-family.js';
import { snapshotOf } from '../../store/snapshot.js';
import { paths, type Route, type RouteHandler, readOnly } from '../route.js';
import { landingScript, landingStyle } from './landing-assets.js';
import { type LandingContents, renderLandingPage, type SourceRow } from './landing-html.js';
import { summarizeFacts } from './summarize-facts.js';

/** What the landing page is made from. */
export interface LandingSources {
  readonly scrapable: Scrapable;
  /** Describes the families of the recorder, which may be in another thread. */
  readonly describe: () => Promise<readonly FamilyFacts[]>;
  /** Where an exemplar leads, with its labels in braces. */
  readonly exemplarUrl: string | undefined;
}

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

/** The routes of the landing page, of its style and its script, and of what its script asks for. */
export function landingRoutes(sources: LandingSources): readonly Route[] {
  // Why: however many clients ask at the same time, the families are collected once.
  const render = singleFlight(async () => renderLandingPage(await collectContents(sources)));
  const describe = singleFlight(sources.describe);
  return [
    protectedRoute(paths.landing, async () => htmlResponse(await render())),
    protectedRoute(paths.landingStyle, assetHandler('text/css', landingStyle)),
    protectedRoute(paths.landingScript, assetHandler('text/javascript', landingScript)),
    protectedRoute(paths.landingFacts, async () => jsonResponse(summarizeFacts(await describe()))),
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

const jsonResponse = (content: object): OutgoingResponse => ({
  status: 200,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  body: JSON.stringify(content),
});

/** Answers with a file that is kept compressed. */
const assetHandler =
  (type: string, base64: string): RouteHandler =>
  ({ headers }: RequestContext) => {
    const compressed = Buffer.from(base64, 'base64');
    const { encoding } = negotiate({ acceptEncoding: headers['accept-encoding']?.toString() });
    const isGzip = encoding === 'gzip';
    return {
      status: 200,
      headers: {
        'Content-Type': `${type}; charset=utf-8`,
        'Cache-Control': 'no-cache',
        Vary: 'Accept-Encoding',
        ...(isGzip && { 'Content-Encoding': 'gzip' }),
      },
      body: new WholeBody(isGzip ? compressed : gunzipSync(compressed)),
    };
  };

async function collectContents({ scrapable, describe, exemplarUrl }: LandingSources): Promise<LandingContents> {
  const [exposed, facts] = await Promise.all([scrapable.exposedFamilies(), describe()]);
  const byName = new Map(facts.map((one) => [one.name, one]));
  return {
    families: exposed.map(({ name, type, help, unit }) => ({ name, type, help, unit, facts: byName.get(name) })),
    facts,
    sources: listSources(exposed),
    exemplarUrl,
    constantLabels: (scrapable.constantLabels?.() ?? []).map(([name]) => name),
  };
}

/** The processes and threads that publish to this one, as an aggregator exposes them. */
function listSources(exposed: readonly ExposedFamily[]): SourceRow[] {
  const ages = exposed.find(({ name }) => name === sourceAges);
  if (ages === undefined) return [];
  return snapshotOf(ages).samples.map(({ labels, value }) => ({ source: labels['source'] ?? '', ageSeconds: value }));
}
