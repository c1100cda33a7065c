// A server of node:http that measures its requests, and serves its metrics on its own port to those with a token.
// npm install flowplane-metrics
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusRecorder } from 'flowplane-metrics';
import { httpMetrics, metricsHandler } from 'flowplane-metrics/http';

const recorder = new PrometheusRecorder();
const measure = httpMetrics(recorder, { route: routeOf });
// In production read the tokens from a file that only this process can read: bearerTokensFile.
const metrics = metricsHandler(recorder, { bearerTokens: ['sample-token'] });

/** The pattern of a path, and never the path itself: each path would be a series. */
function routeOf({ url = '' }: IncomingMessage): string | undefined {
  return /^\/orders\/[^/]+$/.test(url) ? '/orders/:id' : undefined;
}

const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    void metrics(request, response); // before `measure`, so that scrapes are not measured as requests
    return;
  }
  measure(request, response);
  if (routeOf(request)) response.end(`order ${request.url?.split('/').pop()}`);
  else response.writeHead(404).end('not found');
});

server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
console.log(`Orders   ${origin}/orders/1`);
console.log(`Metrics  ${origin}/metrics`);
