import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { line, type PageRequest, type PageResponse, type Pages } from './routes.js';

/** Serves the pages on `node:http`, with no web framework. */
export function pageListener(pages: Pages): RequestListener {
  return async (request, response) => {
    const asked = pageRequest(request);
    send(await answered(pages, asked), asked.method, response);
  };
}

async function answered(pages: Pages, asked: PageRequest): Promise<PageResponse> {
  try {
    return (await pages.get(asked.path)?.(asked)) ?? line(404, 'Not Found');
  } catch {
    return line(500, 'Internal Server Error');
  }
}

/** What a request asks for. Never throws: the path of one that is malformed is no page's. */
export function pageRequest({ method = '', url = '', headers }: IncomingMessage): PageRequest {
  // Source: RFC 9112, section 3.2: a target is a path, or a whole URL as to a proxy.
  const [target = '', search = ''] = url.replace(/^https?:\/\/[^/?]*/i, '').split(/\?(.*)/s, 2);
  return { method, path: target, query: new URLSearchParams(search), headers };
}

function send({ status, headers, body }: PageResponse, method: string, response: ServerResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
    // Why asked: to pipe to a client that has gone throws on Node 24.
    if (response.destroyed) {
      body.destroy();
      return;
    }
    // Why nothing is told of an error: either the client has gone, or it sees that the body ends early.
    pipeline(body, response, () => undefined);
    return;
  }
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(method === 'HEAD' ? undefined : body);
}
