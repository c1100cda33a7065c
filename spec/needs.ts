import { spawnSync } from 'node:child_process';
import type { Context } from 'mocha';

/** How to see whether something outside npm is there, and the Debian package that brings it. */
const probes: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  chromium: ['chromium', '--version'],
  promtool: ['promtool', '--version'],
  prometheus: ['prometheus', '--version'],
  // Why beside the other: Debian 12 has Prometheus 2. .ci/install-next-release unpacks version 3, and the others that end in "next".
  'prometheus-3': ['prometheus-3', '--version'],
  'docker-compose': ['docker-compose', 'version'],
  openssl: ['openssl', 'version'],
  // What runs a command on a terminal.
  script: ['script', '--version'],
  // A container's first process: some systems let no user but root make a namespace.
  unshare: ['unshare', '--user', '--map-root-user', '--pid', '--fork', 'true'],
  'prometheus-pushgateway': ['prometheus-pushgateway', '--version'],
  'prometheus-pushgateway-next': ['prometheus-pushgateway-next', '--version'],
  'victoria-metrics': ['victoria-metrics', '-version'],
  'victoria-metrics-next': ['victoria-metrics-next', '-version'],
  // The schema of OTLP, which .ci/install-next-release unpacks.
  'opentelemetry-proto': ['test', '-d', '/usr/local/include/opentelemetry/proto'],
  // The benchmarks' packages are installed apart, since they are not needed to build: npm ci --prefix bench.
  '@prometheus-io/client': [process.execPath, '-e', "require('./bench/node_modules/@prometheus-io/client')"],
  'python3-prometheus-client': ['/usr/bin/python3', '-c', 'import prometheus_client.openmetrics.parser'],
};

/** Skips a spec, with the reason, where what it needs is absent; under CI that is a failure. */
export function needs(context: Context, what: string): void {
  const [command = '', ...args] = probes[what] ?? [what];
  if (spawnSync(command, args).status === 0) return;
  if (process.env['CI'] === 'true') throw new Error(`${what} is absent, and CI must have it: .ci/run installs it`);
  console.log(`      skipped: ${what} is not installed`);
  context.skip();
}
