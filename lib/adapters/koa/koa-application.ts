import type { IncomingMessage } from 'node:http';
import type RouterClass from '@koa/router';
import type KoaClass from 'koa';
import { toBytesOrStream } from '../../http/send-response.js';
import { defaultOf, type PeerUse, peerError } from '../../peers.js';
import { type Application, answerByRoute, type Exchange, type Routes } from '../../server/route.js';
import { setBody } from './set-body.js';

const peers: PeerUse = {
  packages: ['koa', '@koa/router'],
  purpose: 'to serve metrics',
  install: 'koa @koa/router',
};

/** Creates a Koa application that answers these routes and nothing else. */
export async function koaApplication(routes: Routes): Promise<Application> {
  try {
    // Why loaded here: Koa is an optional peer, and a server starts asynchronously anyway.
    // Why one after the other: esbuild lets a package be absent only where its import is awaited by itself.
    const koa = await import('koa');
    const router = await import('@koa/router');
    return createApplication(defaultOf(koa), defaultOf(router), routes);
  } catch (cause) {
    throw peerError('MetricsServer', peers, cause);
  }
}

function createApplication(Koa: typeof KoaClass, Router: typeof RouterClass, routes: Routes): Application {
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  // Why so exact: a path that only resembles a route must not reach it.
  const router = new Router({ sensitive: true, strict: true });
  for (const route of routes.values()) {
    router.all(route.path, async (context) => {
      const exchange = exchanges.get(context.req);
      // Why: access was checked for the route of the exchange. Where Koa reads the target in another way, it finds nothing.
      if (exchange?.route !== route) return;
      // Why not by Koa where it fails: Koa takes away every header that is set.
      const { status, headers, body } = await answerByRoute(exchange);
      context.status = status;
      context.set(headers);
      setBody(context, toBytesOrStream(body));
    });
  }
  const application = new Koa();
  application.silent = true;
  application.use(router.routes());
  const listener = application.callback();
  return async (exchange) => {
    exchanges.set(exchange.request, exchange);
    await listener(exchange.request, exchange.response);
  };
}
