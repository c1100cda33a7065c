import type { ReloadableAccess } from '../access/reloadable-access.js';
import { scrapeRequest } from '../http/request-context.js';
import { withProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import type { Scrapable } from '../store/exposed-family.js';
import { chooseFamilies } from '../store/selection.js';
import { CoalescedScrapes } from './coalesced-scrapes.js';
import { describeFamilies } from './landing/describe-families.js';
import { landingRoutes } from './landing/landing-page.js';
import type { Access } from './load-access.js';
import { paths, type Route, type RouteHandler, type Routes, readOnly, textResponse } from './route.js';
import type { ServerParts } from './server-parts.js';

/** Creates every route of a metrics server. To add one, add its path to `paths` and its route here. */
export function createRoutes(parts: ServerParts): Routes {
  const { recorder, options, readiness } = parts;
  const { exporter } = parts;
  const exposed = exposedMetrics(parts);
  const scrapable = exporter === undefined ? exposed : exporter.mergeWith(exposed);
  const ready: RouteHandler = () => (readiness.isReady ? textResponse(200, 'Ready.') : textResponse(503, 'Not ready.'));
  const routes: readonly Route[] = [
    ...landingRoutes({ scrapable, describe: () => describeFamilies(recorder), exemplarUrl: options.exemplarUrl }),
    { path: paths.metrics, access: 'protected', countsAsScrape: true, handle: metricsHandler(scrapable, parts) },
    // Why open: the probes of an orchestrator have neither credentials nor a certificate.
    {
      path: paths.healthy,
      access: 'open',
      countsAsScrape: false,
      handle: readOnly(() => textResponse(200, 'Healthy.')),
    },
    { path: paths.ready, access: 'open', countsAsScrape: false, handle: readOnly(ready) },
  ];
  return new Map(routes.map((route) => [route.path, route]));
}

/** Lets the configured headers win over those that a route sets itself, as the landing page does. */
export function withConfiguredHeaders(routes: Routes, access: ReloadableAccess<Access>): Routes {
  const entries = [...routes].map(([path, route]): [string, Route] => {
    const handle: RouteHandler = async (request, scrape) => {
      const response = await route.handle(request, scrape);
      return { ...response, headers: { ...response.headers, ...access.current.configuredHeaders } };
    };
    return [path, { ...route, handle }];
  });
  return new Map(entries);
}

function metricsHandler(scrapable: Scrapable, { metrics, readiness }: ServerParts): RouteHandler {
  const scrapes = new CoalescedScrapes(scrapable, metrics);
  return async (context, admitted) => {
    // Why: the last scrape before the end must not share the bytes of one that began before the drain.
    const generation = readiness.isReady ? 'serving' : 'draining';
    const response = await scrapes.answer(scrapeRequest(context), generation);
    if (admitted !== undefined) admitted.format = response.format;
    return response;
  };
}

/** The parts of a server that expose families. */
interface ExposedParts extends Pick<ServerParts, 'recorder' | 'options' | 'addProcessMetrics'> {
  readonly metrics: Pick<ServerParts['metrics'], 'mergeWith'>;
}

/** What a scrape exposes: the families of the recorder, of the server, and of the process. */
export function exposedMetrics({ recorder, options, metrics, addProcessMetrics }: ExposedParts): Scrapable {
  const scrapable = options.endpointMetrics === false ? recorder : metrics.mergeWith(recorder);
  if (addProcessMetrics !== undefined) return addProcessMetrics(scrapable);
  return options.processMetrics === false ? scrapable : mergeWithProcessMetrics(scrapable);
}

const mergeWithProcessMetrics = (scrapable: Scrapable): Scrapable => ({
  formats: scrapable.formats,
  get nameValidation() {
    return scrapable.nameValidation;
  },
  constantLabels: () => scrapable.constantLabels?.() ?? [],
  exposedFamilies: async (limits) =>
    withProcessMetrics(
      await scrapable.exposedFamilies(limits),
      scrapable.constantLabels?.() ?? [],
      chooseFamilies(limits?.names),
    ),
});
