#!/bin/sh
# @willsoto/nestjs-prometheus 6.1.1 on Nest 11.1.9: where two modules provide a metric of the same name, each gets the one that
# was made first, whatever else they ask for, and nothing says so. A histogram for durations of hours gets the buckets of
# another module, so that every observation is in +Inf, and a gauge is a counter without set().
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @nestjs/common@11.1.9 @nestjs/core@11.1.9 reflect-metadata@0.2.2 \
  rxjs@7.8.2 prom-client@15.1.3 @willsoto/nestjs-prometheus@6.1.1 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >application.js <<'APPLICATION'
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { getToken, makeCounterProvider, makeGaugeProvider, makeHistogramProvider, PrometheusModule } = require('@willsoto/nestjs-prometheus');
const { register } = require('prom-client');

class PaymentModule {}
class ReportModule {}
class ApplicationModule {}
const payments = [
  makeHistogramProvider({ name: 'job_duration_seconds', help: 'Payments', buckets: [0.1, 1] }),
  makeCounterProvider({ name: 'jobs', help: 'Payments' }),
];
const reports = [
  makeHistogramProvider({ name: 'job_duration_seconds', help: 'Reports', buckets: [3600, 7200] }),
  makeGaugeProvider({ name: 'jobs', help: 'Reports that wait' }),
];
Module({ providers: payments })(PaymentModule);
Module({ providers: reports })(ReportModule);
const imports = [PrometheusModule.register({ defaultMetrics: { enabled: false } }), PaymentModule, ReportModule];
Module({ imports })(ApplicationModule);

async function main() {
  const context = await NestFactory.createApplicationContext(ApplicationModule, { logger: ['warn', 'error'] });
  const module = context.select(ReportModule);
  module.get(getToken('job_duration_seconds')).observe(1800);
  console.log(`the gauge is a ${module.get(getToken('jobs')).constructor.name}`);
  console.log((await register.metrics()).trim());
  await context.close();
}
main();
APPLICATION
node application.js 2>&1 | tee seen.txt
cat >expected.txt <<'EXPECTED'
the gauge is a Counter
# HELP job_duration_seconds Payments
# TYPE job_duration_seconds histogram
job_duration_seconds_bucket{le="0.1"} 0
job_duration_seconds_bucket{le="1"} 0
job_duration_seconds_bucket{le="+Inf"} 1
job_duration_seconds_sum 1800
job_duration_seconds_count 1

# HELP jobs Payments
# TYPE jobs counter
jobs 0
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
