import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFrom } from '../config.js';
import { dashboardFolder, monitoring, root } from './files.js';
import { Part, type PartSpec } from './part.js';

// The whole picture on one machine, without Docker: npm run stack

const { apiPort, metricsPort } = configFrom(process.env);
const prometheusPort = process.env['FLOWPLANE_PROMETHEUS_PORT'] || '9091';
const grafanaPort = process.env['FLOWPLANE_GRAFANA_PORT'] || '3000';
const [api, prometheus, grafana] = [apiPort, prometheusPort, grafanaPort].map((port) => `http://127.0.0.1:${port}`);

const folder = mkdtempSync(join(tmpdir(), 'flowplane-stack-'));
for (const part of ['prometheus.yml', 'rules']) cpSync(join(monitoring, part), join(folder, part), { recursive: true });
writeFileSync(join(folder, 'targets.yml'), `- targets: ['127.0.0.1:${metricsPort}']\n`);

const parts: readonly (PartSpec & { readonly optional?: true; readonly see: string })[] = [
  {
    name: 'control plane',
    command: [process.execPath, '--enable-source-maps', join(root, 'dist/samples/flowplane/main.js')],
    healthUrl: `${api}/readyz`,
    see: `API         ${api}\nMetrics     http://127.0.0.1:${metricsPort}/metrics`,
  },
  {
    name: 'Prometheus',
    command: [
      'prometheus',
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      '--storage.tsdb.retention.time=15d',
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ],
    healthUrl: `${prometheus}/-/ready`,
    hint: 'Install it: apt-get install prometheus, brew install prometheus, or https://prometheus.io/download/.',
    see: `Prometheus  ${prometheus}`,
  },
  {
    name: 'Grafana',
    command: ['grafana', 'server', `--homepath=${process.env['GF_PATHS_HOME'] || '/usr/share/grafana'}`],
    environment: {
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: grafanaPort,
      GF_PATHS_DATA: join(folder, 'grafana'),
      GF_PATHS_PROVISIONING: join(monitoring, 'grafana/provisioning'),
      // On this machine alone, whoever comes may look.
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      PROMETHEUS_URL: String(prometheus),
      FLOWPLANE_DASHBOARDS: dashboardFolder,
    },
    healthUrl: `${grafana}/api/health`,
    hint: 'Install it: https://grafana.com/grafana/download, and mind GF_PATHS_HOME.',
    optional: true,
    see: `Grafana     ${grafana}/d/flowplane-team-metrics`,
  },
];

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
});

async function main(): Promise<void> {
  const running: Part[] = [];
  try {
    for (const { optional, see, ...spec } of parts) {
      const part = await Part.start(spec).catch((error: Error) => {
        if (!optional) throw error;
        console.log(`without Grafana: ${error.message}`);
      });
      if (part === undefined) continue;
      running.push(part);
      console.log(see);
    }
    console.log('\nCtrl-C stops it.');
    const broken = running.map(({ name, ended }) => ended.then((last) => `${name} ended: ${last}`));
    const why = await Promise.race([stopped, ...broken]);
    if (why !== undefined) throw new Error(why);
  } finally {
    await Promise.all(running.map((part) => part.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
