#!/bin/sh
# @opentelemetry/exporter-prometheus 0.301.0: a histogram with the exponential aggregation, which the SDK 3.1.1 offers, becomes
# a family of type untyped without one sample. The exporter says so to the diagnostic logger only, and that is off unless the
# service sets one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  @opentelemetry/api@1.10.0 @opentelemetry/sdk-metrics@3.1.1 @opentelemetry/exporter-prometheus@0.301.0 >npm.log 2>&1 \
  || { cat npm.log; exit 1; }
cat >expose.js <<'EXPOSE'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';

const exporter = new PrometheusExporter({ preventServerStart: true });
const views = [{ instrumentName: 'payment.duration', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }];
const meter = new MeterProvider({ readers: [exporter], views }).getMeter('payments');
meter.createHistogram('payment.duration', { description: 'Duration', unit: 's' }).record(0.25);
meter.createCounter('payments', { description: 'Payments' }).add(1);
exporter.getMetricsRequestHandler({}, { statusCode: 0, setHeader() {}, end: (text) => console.log(text.trim()) });
EXPOSE
node expose.js 2>&1 | grep -v target_info | tee seen.txt
cat >expected.txt <<'EXPECTED'
# HELP payment_duration Duration
# UNIT payment_duration s
# TYPE payment_duration untyped
# HELP payments_total Payments
# TYPE payments_total counter
payments_total{otel_scope_name="payments"} 1
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
