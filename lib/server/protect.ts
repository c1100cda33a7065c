import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AccessPolicy } from '../access/access-policy.js';
import { type RefusalReason, refusals } from '../access/refusals.js';
import type { ReloadableAccess } from '../access/reloadable-access.js';
import type { ScrapesInFlight } from '../access/scrapes-in-flight.js';
import { hasAbsoluteTarget, parseRequest } from '../http/request-context.js';
import { RequestPipeline } from './connections.js';
import type { Access } from './load-access.js';
import type { Application, Exchange, Routes } from './route.js';
import type { ServerParts } from './server-parts.js';

/** Puts the access rules and the limits of a server in front of an application. */
export function protect(
  application: Application,
  routes: Routes,
  access: ReloadableAccess<Access>,
  { metrics, responses, scrapes }: ServerParts,
): RequestListener {
  const pipeline = new RequestPipeline();
  return async (request, response) => {
    if (pipeline.isFull(request)) {
      if (!request.socket.destroyed) metrics.countRefusal('pipelining');
      request.socket.destroy();
      return;
    }
    if (!(await pipeline.waitForTurn(request, response))) return;
    responses.add(response);
    const { policy, headers } = access.current;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // Why: the body of a request is never read, so nothing can follow it on the connection.
    if (hasBody(request) || lacksHost(request)) response.setHeader('Connection', 'close');
    try {
      const admission = await admit({ request, response }, routes, policy, scrapes);
      // Why awaited: an error of the application is answered below.
      if (typeof admission !== 'string') return await application(admission);
      metrics.countRefusal(admission);
      refuse(response, admission, policy.challenges);
    } catch {
      answer(response, 500, 'Internal Server Error');
    }
  };
}

/** Decides whether a request may reach its route: what is known about it then, or why it is refused. */
async function admit(
  { request, response }: Pick<Exchange, 'request' | 'response'>,
  routes: Routes,
  policy: AccessPolicy,
  scrapes: ScrapesInFlight,
): Promise<Exchange | RefusalReason> {
  if (lacksHost(request)) return 'malformed';
  const context = parseRequest(request);
  const route = routes.get(context.path);
  // Why: only the plain path of an open route is open. The same path in a whole URL is checked, as is an unknown path.
  const isOpen = route?.access === 'open' && !hasAbsoluteTarget(request);
  const reason = isOpen ? undefined : await policy.check(request);
  if (reason !== undefined) return reason;
  const exchange = { request, response, context, route };
  if (!route?.countsAsScrape) return { ...exchange, scrape: undefined };
  const scrape = scrapes.acquire(response);
  return scrape === undefined ? 'concurrency' : { ...exchange, scrape };
}

/** Whether a request is malformed because it names no host. Source: RFC 9112, 3.2. */
const lacksHost = ({ headers, httpVersion }: IncomingMessage): boolean =>
  httpVersion !== '1.0' && headers.host === undefined;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function refuse(response: ServerResponse, reason: RefusalReason, challenges: readonly string[]): void {
  const { status, text, ...more } = refusals[reason];
  if ('headers' in more) for (const [name, value] of Object.entries(more.headers)) response.setHeader(name, value);
  if (status === 401) response.setHeader('WWW-Authenticate', challenges);
  answer(response, status, text);
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    // Why: a response that broke off must not look complete.
    response.destroy();
    return;
  }
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(Buffer.from(`${text}\n`));
}
