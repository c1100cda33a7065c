import type { Scrapable } from '../store/exposed-family.js';
import { SharedScrapes } from './coalesced-scrapes.js';
import { landingPages } from './landing/landing-page.js';
import { line, type Page, type Pages, readOnly } from './routes.js';

/** What the pages are made from. */
export interface PageSources {
  /** What the user gave: a `PrometheusRecorder` has `explain()` too. */
  readonly recorder: Scrapable;
  /** What is exposed: the user's recorder, and what the server adds. */
  readonly scrapable: Scrapable;
  /** Whether the next scrape is welcome: `false` once the server is about to go. */
  readonly isReady: () => boolean;
  /** Hears how many bytes a scrape was. */
  readonly sent: (bytes: number) => void;
}

/** Every page of a metrics server, by path. */
export function metricsPages(sources: PageSources): Pages {
  const { isReady, recorder, scrapable } = sources;
  return new Map([
    ...landingPages(recorder, scrapable),
    ['/metrics', metricsPage(sources)],
    ['/-/healthy', readOnly(() => line(200, 'Healthy.'))],
    ['/-/ready', readOnly(() => (isReady() ? line(200, 'Ready.') : line(503, 'Not ready.')))],
  ]);
}

function metricsPage({ scrapable, isReady, sent }: PageSources): Page {
  const scrapes = new SharedScrapes(scrapable, sent);
  return ({ method, query, headers }) => {
    const request = {
      method,
      accept: headers.accept,
      acceptEncoding: String(headers['accept-encoding'] ?? ''),
      timeout: headers['x-prometheus-scrape-timeout-seconds']?.toString(),
      names: query.getAll('name[]'),
    };
    // Why: the last scrape before the end must not have the bytes of one that began earlier.
    return scrapes.answer(request, isReady() ? 'serving' : 'draining');
  };
}
