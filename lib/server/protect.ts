import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type RefusalReason, refusals } from '../access/refusal.js';
import type { Access } from './load-access.js';
import { pageRequest } from './node-listener.js';
import { Turns } from './request-pipeline.js';

/** What stands between the requests and the application. */
export interface Guards {
  readonly access: () => Access;
  /** Hears of every response before anything is done for it. */
  readonly began: (response: ServerResponse) => void;
  /** Takes a scrape in, if there is room. */
  readonly enter: (response: ServerResponse) => boolean;
  readonly refused: (reason: RefusalReason) => void;
}

/** Lets through to the application what is let in, with the security headers set. */
export function guarded(application: RequestListener, { access, began, enter, refused }: Guards): RequestListener {
  const turns = new Turns();
  return async (request, response) => {
    if (turns.isFull(request)) {
      if (!request.socket.destroyed) refused('pipelining');
      request.socket.destroy();
      return;
    }
    if (!(await turns.take(request, response))) return;
    began(response);
    const { gate, headers } = access();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // Why: the body of a request is never read, so that nothing can follow it.
    if (hasBody(request)) response.setHeader('Connection', 'close');
    try {
      const isScrape = pageRequest(request).path === '/metrics';
      const reason = (await gate.refuses(request)) ?? (isScrape && !enter(response) ? 'concurrency' : undefined);
      // Why awaited: an application may be asynchronous, and nobody else would hear of it.
      if (reason === undefined) return await application(request, response);
      refused(reason);
      refuse(response, reason, gate.challenges);
    } catch {
      answer(response, 500, 'Internal Server Error');
    }
  };
}

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
    // Why: an answer that broke off must not look like a whole one.
    response.destroy();
    return;
  }
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}
