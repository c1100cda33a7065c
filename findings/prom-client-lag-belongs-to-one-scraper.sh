#!/bin/sh
# prom-client 14.2.0 and 15.1.3, @prometheus-io/client 0.16.1: each scrape empties the histogram behind
# nodejs_eventloop_lag_*. So of two Prometheus servers, one has the peak and the other does not; and a scrape right after
# another one gets a minimum of 9223372036.854776 seconds and "Nan", which is what an empty histogram of Node says.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 \
  prom-client-14@npm:prom-client@14.2.0 @prometheus-io/client@0.16.1 >npm.log 2>&1 \
  || { cat npm.log; exit 1; }
cat >scrape.js <<'SCRAPE'
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { collectDefaultMetrics, register } = require(process.argv[2]);

collectDefaultMetrics();
const own = monitorEventLoopDelay();
own.enable();
const pause = () => new Promise((resolve) => setTimeout(resolve, 30));
const block = (milliseconds) => {
  for (const end = Date.now() + milliseconds; Date.now() < end; );
};

async function main() {
  while (own.count === 0) await pause();
  block(300);
  own.reset();
  while (own.count === 0) await pause();
  const first = await register.metrics();
  const second = await register.metrics();
  const lag = (text, suffix) => text.match(new RegExp(`^nodejs_eventloop_lag_${suffix}_seconds (.*)`, 'm'))[1];
  console.log(`first server: max ${Number(lag(first, 'max')) >= 0.25 ? 'has the peak' : lag(first, 'max')}`);
  console.log(`second server: max ${lag(second, 'max')}, min ${lag(second, 'min')}, mean ${lag(second, 'mean')}`);
}
main();
SCRAPE
cat >expected.txt <<'EXPECTED'
first server: max has the peak
second server: max 0, min 9223372036.854776, mean Nan
EXPECTED
for client in prom-client-14 prom-client @prometheus-io/client; do
  echo "$client"
  node scrape.js "$client" | tee seen.txt
  diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
done
