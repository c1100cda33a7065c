#!/bin/sh
# Next 16.4.6: a route handler whose Response is compressed already loses the header Content-Encoding. Next then compresses
# the body once more where the client accepts gzip, and says gzip once: after one decompression the client has bytes, not text.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export NEXT_TELEMETRY_DISABLED=1
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts next@16.4.6 react@19 react-dom@19 >npm.log 2>&1
mkdir -p app/text
cat >app/text/route.js <<'ROUTE'
import { gzipSync } from 'node:zlib';

export const dynamic = 'force-dynamic';
export const GET = () =>
  new Response(gzipSync('a text that is long enough '.repeat(100)), {
    headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
  });
ROUTE
cat >app/layout.js <<'LAYOUT'
export default function Layout({ children }) {
  return children;
}
LAYOUT
npx next build >build.log 2>&1 || { cat build.log; exit 1; }
node --input-type=commonjs -e "
const { createServer, get } = require('node:http');
const { gunzipSync } = require('node:zlib');
const next = require('next')({ dev: false, dir: process.cwd() });
const ask = (port, headers) =>
  new Promise((resolve) =>
    get({ port, path: '/text', headers }, async (response) => {
      const chunks = await response.toArray();
      resolve({ encoding: response.headers['content-encoding'] ?? 'none', body: Buffer.concat(chunks) });
    }),
  );
(async () => {
  await next.prepare();
  const server = createServer(next.getRequestHandler()).listen(0);
  const { port } = server.address();
  const plain = await ask(port, {});
  const zipped = await ask(port, { 'accept-encoding': 'gzip' });
  const isGzip = (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b;
  const seen = JSON.stringify({
    withoutAccept: [plain.encoding, isGzip(plain.body) ? 'compressed' : 'text'],
    withAccept: [zipped.encoding, isGzip(gunzipSync(zipped.body)) ? 'compressed twice' : 'compressed once'],
  });
  console.log('next ' + require('next/package.json').version + ': ' + seen);
  const expected = JSON.stringify({ withoutAccept: ['none', 'compressed'], withAccept: ['gzip', 'compressed twice'] });
  if (seen !== expected) console.error('It differs now; expected ' + expected);
  process.exit(seen === expected ? 0 : 1);
})();
"
