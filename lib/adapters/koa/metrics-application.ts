import type { RequestListener } from 'node:http';
import { MetricsError } from '../../error.js';
import type { Scrapable } from '../../exposition/exposed-family.js';
import { answerScrape } from './metrics-middleware.js';

/** The Koa application of a metrics server: `/metrics`, and nothing else. */
export async function metricsApplication(recorder: Scrapable): Promise<RequestListener> {
  const { Koa, Router } = await peers();
  const router = new Router();
  router.all('/metrics', (context) => answerScrape(recorder, context));
  const application = new Koa();
  application.silent = true;
  application.use(router.routes());
  return application.callback();
}

// Why loaded here: Koa is an optional peer, and listening is awaited anyway.
async function peers() {
  try {
    const [{ default: Koa }, { default: Router }] = await Promise.all([import('koa'), import('@koa/router')]);
    return { Koa, Router };
  } catch (cause) {
    const message =
      'packages "koa" and "@koa/router" are needed to serve metrics (given none that loads). Run: npm install koa @koa/router.';
    throw new MetricsError('MetricsServer', [{ code: 'missing_peer', message }], { cause });
  }
}
