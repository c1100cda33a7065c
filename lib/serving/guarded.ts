import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Access } from './access.js';
import { type RefusalReason, refusals } from './refusal.js';
import type { Responses } from './responses.js';

/** Lets through to the application what the gate lets in, with the security headers set. */
export function guarded(application: RequestListener, access: () => Access, responses: Responses): RequestListener {
  return async (request, response) => {
    responses.add(response);
    const { gate, headers } = access();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // Why: the body of a request is never read, so that nothing can follow it.
    if (hasBody(request)) response.setHeader('Connection', 'close');
    try {
      const reason = await gate.refuses(request);
      if (reason === undefined) application(request, response);
      else refuse(response, reason, gate.challenges);
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
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}
