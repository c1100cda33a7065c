#!/bin/sh
# fastify-metrics 14.1.0 with Fastify 5.12.8: a request whose client gives up while the handler works is counted nowhere, for
# Fastify runs no onResponse hook for it. So the requests that were slow enough for a client's time limit are missing from
# the durations: the percentiles get better while clients time out.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  fastify@5.12.8 fastify-metrics@14.1.0 prom-client@15.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >shop.js <<'SHOP'
import { once } from 'node:events';
import Fastify from 'fastify';
import fastifyMetrics from 'fastify-metrics';

const application = Fastify();
await application.register(fastifyMetrics.default, { endpoint: '/metrics' });
const sent = new Promise((resolve) => {
  application.addHook('onSend', async ({ url }, _reply, payload) => {
    if (url === '/slow') setImmediate(resolve);
    return payload;
  });
});
application.get('/quick', async () => 'answered');
application.get('/slow', async (request) => {
  await once(request.raw.socket, 'close');
  return 'answered';
});
const address = await application.listen({ port: 0, host: '127.0.0.1' });
await (await fetch(`${address}/quick`)).text();
const outcome = await fetch(`${address}/slow`, { signal: AbortSignal.timeout(100) }).catch(({ name }) => name);
await sent;
console.log(`the client of /slow: ${outcome}`);
// Why a second request: whatever Fastify does after the first was sent is done by then.
await (await fetch(`${address}/quick`)).text();
const text = await (await fetch(`${address}/metrics`)).text();
console.log(text.match(/^http_request_(duration|summary)_seconds_count.*/gm).join('\n'));
await application.close();
SHOP
node shop.js | tee seen.txt
cat >expected.txt <<'EXPECTED'
the client of /slow: TimeoutError
http_request_duration_seconds_count{method="GET",route="/quick",status_code="200"} 2
http_request_summary_seconds_count{method="GET",route="/quick",status_code="200"} 2
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
