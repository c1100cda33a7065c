import { Timed } from 'flowplane-metrics';
import { injectable } from 'inversify';
import type { Context, Next } from 'koa';

/** How long requests took, by route pattern: never by path, which has no end of values. */
@injectable()
export class RequestMetrics {
  /** Koa middleware. Labels are read when the call settles: by then a request knows its route and its status. */
  @Timed({
    name: 'http_server_request_duration_seconds',
    help: 'How long a request took, until its answer was ready to send',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    labels: {
      http_request_method: {
        args: ({ method }) => method,
        oneOf: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
      },
      http_route: { args: (context) => context['_matchedRoute'] ?? 'unmatched', limit: 50 },
      http_response_status_code: { args: ({ status }) => status, limit: 50 },
    },
  })
  async handle(_context: Context, next: Next): Promise<void> {
    await next();
  }
}
