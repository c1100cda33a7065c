#!/bin/sh
# prom-client 15.1.3: new AggregatorRegistry(OPENMETRICS_CONTENT_TYPE) answers clusterMetrics() in the text format, while its
# contentType says OpenMetrics. There is no "# EOF" and there are empty lines, so Prometheus 2 and 3 fail the whole scrape.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >service.js <<'SERVICE'
const cluster = require('node:cluster');
const { AggregatorRegistry, Counter, register, Registry } = require('prom-client');

async function scrapeTheCluster() {
  const aggregator = new AggregatorRegistry(Registry.OPENMETRICS_CONTENT_TYPE);
  const worker = cluster.fork();
  await new Promise((resolve) => worker.once('message', resolve));
  const text = await aggregator.clusterMetrics();
  worker.disconnect();
  console.log(`content type: ${aggregator.contentType}`);
  console.log(text);
}

if (cluster.isPrimary) {
  scrapeTheCluster();
} else {
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  new AggregatorRegistry(Registry.OPENMETRICS_CONTENT_TYPE); // It lets the worker answer the primary.
  new Counter({ name: 'orders_total', help: 'Orders' }).inc();
  new Counter({ name: 'refunds_total', help: 'Refunds' }).inc();
  process.send('ready');
}
SERVICE
node service.js | tee seen.txt
cat >expected.txt <<'EXPECTED'
content type: application/openmetrics-text; version=1.0.0; charset=utf-8
# HELP orders_total Orders
# TYPE orders_total counter
orders_total 1

# HELP refunds_total Refunds
# TYPE refunds_total counter
refunds_total 1

EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
