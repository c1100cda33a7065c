import { once } from 'node:events';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { httpMetrics } from '../../../lib/adapters/hono/index.js';
import { applicationOf, broken, createTransport, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests } from '../../http/request-contract.suite.js';

itMeasuresRequests({
  name: 'Hono on @hono/node-server',
  transports: ['https', 'HTTP/2', 'HTTP/2 without TLS'],
  start: async (recorder, options, transport) => {
    const application = new Hono();
    application.onError((_error, context) => context.text('broken', 500));
    application.use(httpMetrics(recorder, options));
    addRoutes(application);
    const server = serve({
      fetch: application.fetch,
      port: 0,
      hostname: '127.0.0.1',
      // Why typed so: it takes what makes a server of any transport, and is typed for one of `node:http`.
      createServer: ((_options: object, listener: never) =>
        createTransport(transport).on('request', listener)) as never,
    }) as Server;
    await once(server, 'listening');
    return applicationOf(server);
  },
});

const toBody = (stream: Readable): ReadableStream => Readable.toWeb(stream) as ReadableStream;

function addRoutes(application: Hono): void {
  const members = new Hono().get('/members/:member', (context) => context.text('a member'));
  application
    .get('/teams/:team', (context) => context.text('a team'))
    .post('/teams', (context) => context.text('made', 201))
    .route('/api/:version', members)
    .get('/broken', () => {
      throw new Error('no database');
    })
    .get('/stream', (context) => context.body(toBody(streamed())))
    .get('/cut', (context) => context.body(toBody(broken())))
    .get('/slow', () => new Promise<Response>(() => undefined));
}
