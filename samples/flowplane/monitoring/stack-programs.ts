import { join } from 'node:path';
import { readConfig } from '../control-plane/config.js';
import { dashboardFolder, monitoringFolder, sampleFolder } from './paths.js';
import type { ProgramOptions } from './program.js';

export interface StackProgram extends ProgramOptions {
  /** The stack runs without an optional program that is not installed. */
  readonly optional?: true;
  /** Printed once the program runs. */
  readonly urls: string;
}

/** The ports of the stack, by program. Defaults: 8080, 9090, 9091 and 3000. */
export function readPorts(environment: Readonly<Record<string, string | undefined>>) {
  const { apiPort, metricsPort } = readConfig(environment);
  return {
    api: String(apiPort),
    metrics: String(metricsPort),
    prometheus: environment['FLOWPLANE_PROMETHEUS_PORT'] || '9091',
    grafana: environment['FLOWPLANE_GRAFANA_PORT'] || '3000',
  };
}

/** The programs of the stack, in the order in which they start. `folder` holds Prometheus' configuration and data. */
export function stackPrograms(ports: ReturnType<typeof readPorts>, folder: string): readonly StackProgram[] {
  const [api, prometheus, grafana] = [ports.api, ports.prometheus, ports.grafana].map(
    (port) => `http://127.0.0.1:${port}`,
  );
  return [
    {
      name: 'control plane',
      command: [process.execPath, '--enable-source-maps', join(sampleFolder, 'dist/control-plane/main.js')],
      healthUrl: `${api}/readyz`,
      urls: `API         ${api}\nMetrics     http://127.0.0.1:${ports.metrics}/metrics`,
    },
    {
      name: 'Prometheus',
      command: [
        'prometheus',
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        '--storage.tsdb.retention.time=15d',
        `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      ],
      healthUrl: `${prometheus}/-/ready`,
      hint: 'Install it: apt-get install prometheus, brew install prometheus, or https://prometheus.io/download/.',
      urls: `Prometheus  ${prometheus}`,
    },
    {
      name: 'Grafana',
      command: ['grafana', 'server', `--homepath=${process.env['GF_PATHS_HOME'] || '/usr/share/grafana'}`],
      environment: {
        GF_SERVER_HTTP_ADDR: '127.0.0.1',
        GF_SERVER_HTTP_PORT: ports.grafana,
        GF_PATHS_DATA: join(folder, 'grafana'),
        GF_PATHS_PROVISIONING: join(monitoringFolder, 'grafana/provisioning'),
        // Why: Grafana listens on this machine only, so everybody who can reach it may read.
        GF_AUTH_ANONYMOUS_ENABLED: 'true',
        PROMETHEUS_URL: String(prometheus),
        FLOWPLANE_DASHBOARDS: dashboardFolder,
      },
      healthUrl: `${grafana}/api/health`,
      hint: 'Install it: https://grafana.com/grafana/download. Set GF_PATHS_HOME to its folder.',
      optional: true,
      urls: `Grafana     ${grafana}/d/flowplane-team-metrics`,
    },
  ];
}
