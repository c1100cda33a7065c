#!/bin/sh
# parse-prometheus-text-format 1.1.1 with an exposition of prom-client 15.1.3: of a histogram or summary with labels it keeps
# one entry that has no labels, no sum and no count, and the buckets of whichever label set came last. The others are gone.
# Without labels, all is read. Counters and gauges keep their labels.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  parse-prometheus-text-format@1.1.1 prom-client@15.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >read.js <<'READ'
const parse = require('parse-prometheus-text-format').default ?? require('parse-prometheus-text-format');
const { Histogram, Registry, Summary } = require('prom-client');

async function read(label, record) {
  const registers = [new Registry()];
  const labelNames = label ? [label] : [];
  const duration = new Histogram({ name: 'duration_seconds', help: 'Duration', labelNames, buckets: [1], registers });
  const size = new Summary({ name: 'size_bytes', help: 'Size', labelNames, percentiles: [0.5], registers });
  record(duration, size);
  for (const { type, metrics } of parse(await registers[0].metrics())) console.log(`${type}: ${JSON.stringify(metrics)}`);
}

async function main() {
  await read('', (duration, size) => {
    duration.observe(0.5);
    size.observe(10);
  });
  await read('method', (duration, size) => {
    duration.observe({ method: 'GET' }, 0.5);
    duration.observe({ method: 'POST' }, 5);
    size.observe({ method: 'GET' }, 10);
    size.observe({ method: 'POST' }, 20);
  });
}
main();
READ
node read.js | tee seen.txt
cat >expected.txt <<'EXPECTED'
HISTOGRAM: [{"buckets":{"1":"1","+Inf":"1"},"count":"1","sum":"0.5"}]
SUMMARY: [{"quantiles":{"0.5":"10"},"count":"1","sum":"10"}]
HISTOGRAM: [{"buckets":{"1":"0","+Inf":"1"}}]
SUMMARY: [{"quantiles":{"0.5":"20"}}]
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
