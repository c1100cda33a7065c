import type { RequestListener } from 'node:http';
import { MetricsError } from '../../error.js';
import { pageRequest } from '../../server/node-listener.js';
import type { Pages } from '../../server/routes.js';

/** A Koa application that serves these pages, and nothing else. */
export async function koaApplication(pages: Pages): Promise<RequestListener> {
  const { Koa, Router } = await peers();
  // Why so exact: a path that only resembles /metrics would lead to it past the limits and the counts of a scrape.
  const router = new Router({ sensitive: true, strict: true });
  for (const [path, page] of pages) {
    router.all(path, async (context) => {
      const { status, headers, body } = await page(pageRequest(context.req));
      context.status = status;
      context.set(headers);
      context.body = body;
    });
  }
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
