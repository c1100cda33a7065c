import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpMetrics } from '../../../lib/adapters/http/index.js';
import { broken, serveOver, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests } from '../../http/request-contract.suite.js';

type Handler = (response: ServerResponse) => unknown;

const pipe = (body: NodeJS.ReadableStream, response: ServerResponse): void => {
  body.once('error', () => response.destroy()).pipe(response);
};

/** The routes of the contract, written by hand. */
const routes: readonly [method: string, path: RegExp, pattern: string, handler: Handler][] = [
  ['GET', /^\/teams\/[^/]+$/, '/teams/:team', (response) => response.end('a team')],
  ['POST', /^\/teams$/, '/teams', (response) => response.writeHead(201).end('made')],
  ['GET', /^\/api\/[^/]+\/members\/[^/]+$/, '/api/:version/members/:member', (response) => response.end('a member')],
  ['GET', /^\/broken$/, '/broken', (response) => response.writeHead(500).end('broken')],
  ['GET', /^\/stream$/, '/stream', (response) => pipe(streamed(), response)],
  ['GET', /^\/cut$/, '/cut', (response) => pipe(broken(), response)],
  ['GET', /^\/slow$/, '/slow', () => undefined],
];

/** The route of a request. A HEAD is answered as a GET. */
const match = ({ method, url = '' }: IncomingMessage) =>
  routes.find(([verb, path]) => verb === method?.replace('HEAD', 'GET') && path.test(url.replace(/\?.*/, '')));

itMeasuresRequests({
  name: 'node:http',
  transports: ['https', 'HTTP/2', 'HTTP/2 without TLS'],
  start: (recorder, options, transport) =>
    serveOver(
      transport,
      httpMetrics(recorder, { ...options, route: (request) => match(request)?.[2] }),
      (request, response) => {
        const route = match(request);
        if (route === undefined) response.writeHead(404).end();
        else route[3](response);
      },
    ),
});
