import type { Scrapable } from '../exposition/exposed-family.js';
import { scrape } from '../exposition/scrape.js';
import { line, type Page, type Pages, readOnly } from './pages.js';

/** What the pages are made from. */
export interface PageSources {
  /** What the user gave: a `PrometheusRecorder` has `explain()` too. */
  readonly recorder: Scrapable;
  /** What is exposed: the user's recorder, and what the server adds. */
  readonly scrapable: Scrapable;
  /** Whether the next scrape is welcome: `false` once the server is about to go. */
  readonly isReady: () => boolean;
}

/** Every page of a metrics server, by path. */
export function metricsPages({ scrapable, isReady }: PageSources): Pages {
  return new Map([
    ['/metrics', metricsPage(scrapable)],
    ['/-/healthy', readOnly(() => line(200, 'Healthy.'))],
    ['/-/ready', readOnly(() => (isReady() ? line(200, 'Ready.') : line(503, 'Not ready.')))],
  ]);
}

function metricsPage(scrapable: Scrapable): Page {
  return ({ method, query, headers }) =>
    scrape(scrapable, {
      method,
      accept: headers.accept,
      acceptEncoding: String(headers['accept-encoding'] ?? ''),
      timeout: headers['x-prometheus-scrape-timeout-seconds']?.toString(),
      names: query.getAll('name[]'),
    });
}
