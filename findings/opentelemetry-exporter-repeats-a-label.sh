#!/bin/sh
# @opentelemetry/exporter-prometheus 0.301.0: two attributes whose names differ in a dot and an underscore become one label
# that stands twice in the same sample, and an attribute whose name begins with a digit becomes a label that does. The
# exporter warns of neither. promtool check metrics (where it is installed) refuses the whole exposition for each.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  @opentelemetry/api@1.10.0 @opentelemetry/sdk-metrics@3.1.1 @opentelemetry/exporter-prometheus@0.301.0 >npm.log 2>&1
cat >expose.js <<'EXPOSE'
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

const warnings = [];
const note = (text) => warnings.push(text);
const quiet = () => undefined;
diag.setLogger({ error: note, warn: note, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
const exporter = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [exporter] }).getMeter('shop');
meter.createCounter('orders').add(1, JSON.parse(process.argv[2]));
const { resourceMetrics } = await exporter.collect();
const text = new PrometheusSerializer().serialize(resourceMetrics);
console.log(text);
if (warnings.length > 0) console.log(`# warned: ${warnings.join()}`);
EXPOSE
status=0
check() {
  node expose.js "$1" >metrics.txt
  line=$(grep '^orders_total{' metrics.txt | sed 's/,otel_scope_name="[^"]*"//; s/ [0-9]*$//')
  warned=$(grep -c '^# warned' metrics.txt || true)
  echo "$1 -> $line (warnings: $warned)"
  [ "$line" = "$2" ] && [ "$warned" = 0 ] || { echo "It differs now; expected $2 and no warning" >&2; status=1; }
  if command -v promtool >/dev/null; then
    if promtool check metrics <metrics.txt >promtool.log 2>&1 || ! grep -q 'error while linting' promtool.log; then
      echo "promtool accepts it now" >&2
      status=1
    else
      grep 'error while linting' promtool.log
    fi
  fi
}
check '{"http.method":"GET","http_method":"POST"}' 'orders_total{http_method="GET",http_method="POST"}'
check '{"2xx":"yes"}' 'orders_total{2xx="yes"}'
exit $status
