import type { Rule } from '../validation.js';
import type { Scrapable } from './exposed-family.js';

/** Whether this can be scraped: a recorder that keeps what it is told. Why by shape: it may be of another copy of the package. */
export const isScrapable = (value: unknown): value is Scrapable =>
  typeof (value as Partial<Scrapable> | null | undefined)?.exposedFamilies === 'function';

/** What somebody must give whose numbers are served, published or sent. */
export const scrapableRule: Rule = {
  must: 'be a recorder',
  accepts: isScrapable,
  remedy: 'Pass for example new PrometheusRecorder()',
};
