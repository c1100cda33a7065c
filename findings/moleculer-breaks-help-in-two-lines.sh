#!/bin/sh
# moleculer 0.15.2: its reporter for Prometheus writes a description as it is, so a description in two lines becomes a line
# that no parser reads, and Prometheus 2 and 3 fail the whole scrape of the node. promtool check metrics (where it is
# installed) refuses the answer.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts moleculer@0.15.2 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >node.js <<'NODE'
const { once } = require('node:events');
const { createServer } = require('node:net');
const { ServiceBroker } = require('moleculer');

async function main() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  const reporter = { type: 'Prometheus', options: { port, includes: 'orders.**' } };
  const broker = new ServiceBroker({ logger: false, nodeID: 'shop', metrics: { enabled: true, reporter: [reporter] } });
  const description = `Orders,
    paid or not`;
  broker.metrics.register({ type: 'counter', name: 'orders.total', description, labelNames: ['city'] });
  broker.metrics.increment('orders.total', { city: 'Bern' });
  await broker.start();
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  console.log(`${answer.status} ${answer.headers.get('content-type')}`);
  console.log((await answer.text()).trim());
  await broker.stop();
}
main().finally(() => process.exit());
NODE
node node.js | tee seen.txt
cat >expected.txt <<'EXPECTED'
200 text/plain; version=0.0.4; charset=utf-8
# HELP orders_total Orders,
    paid or not
# TYPE orders_total counter
orders_total{namespace="",nodeID="shop",city="Bern"} 1
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
if command -v promtool >/dev/null; then
  tail -n +2 seen.txt >metrics.txt
  if promtool check metrics <metrics.txt >promtool.log 2>&1; then
    echo 'promtool accepts it now' >&2
    exit 1
  fi
  cat promtool.log
fi
