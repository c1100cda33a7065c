#!/bin/sh
# prom-client 15.1.3: getMetricsAsJSON() replaces an empty label by the registry's default label of that name, metrics() keeps
# it. Two series become one in JSON, and with it in the aggregation of a cluster, which adds them up.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >npm.log && npm install --silent --no-audit --no-fund prom-client@15.1.3 >>npm.log 2>&1
node -e "
const { AggregatorRegistry, Counter, Registry } = require('prom-client');
const registry = new Registry();
registry.setDefaultLabels({ tenant: 'none' });
const calls = new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['tenant'], registers: [registry] });
calls.inc({ tenant: '' }, 1);
calls.inc({ tenant: 'none' }, 2);
(async () => {
  const text = (await registry.metrics()).match(/^calls_total.*/gm);
  const [{ values }] = await registry.getMetricsAsJSON();
  const merged = (await AggregatorRegistry.aggregate([await registry.getMetricsAsJSON()]).metrics()).match(/^calls_total.*/gm);
  const seen = JSON.stringify({ text, json: values.map(({ labels, value }) => [labels, value]), merged });
  console.log('prom-client ' + require('prom-client/package.json').version + ': ' + seen);
  const expected = JSON.stringify({
    text: ['calls_total{tenant=\"\"} 1', 'calls_total{tenant=\"none\"} 2'],
    json: [[{ tenant: 'none' }, 1], [{ tenant: 'none' }, 2]],
    merged: ['calls_total{tenant=\"none\"} 3'],
  });
  if (seen !== expected) { console.error('It differs now; expected ' + expected); process.exitCode = 1; }
})();
"
