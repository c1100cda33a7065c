import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry, Summary } from 'prom-client';
import type { Exposition } from '../../lib/exposition-reader/exposition.js';
import { exposition } from '../exposition/filled.js';
import { PrometheusServer } from '../prometheus-server.js';

type Expositions = Record<Exposition['format'], string[]>;

const accepted: Readonly<Record<Exposition['format'], string>> = {
  text: 'text/plain;version=0.0.4',
  OpenMetrics: 'application/openmetrics-text;version=1.0.0',
};

/** What real programs expose in both formats: this library, prom-client, the client for Python, Prometheus 2 and 3. */
export async function realExpositions(): Promise<Expositions> {
  const real: Expositions = { text: [], OpenMetrics: [] };
  for (const format of ['text', 'OpenMetrics'] as const) {
    real[format].push(await exposition(accepted[format]), await exposedByPromClient(format), exposedByPython(format));
  }
  for (const command of ['prometheus', 'prometheus-3']) {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const prometheus = await PrometheusServer.startIn(folder, '{}\n', command);
    for (const format of ['text', 'OpenMetrics'] as const) {
      const headers = { accept: accepted[format], connection: 'close' };
      real[format].push(await (await fetch(`${prometheus.url}/metrics`, { headers })).text());
    }
    await prometheus.stop();
  }
  return real;
}

async function exposedByPromClient(format: Exposition['format']): Promise<string> {
  const registry = new Registry();
  registry.setContentType(
    (format === 'text' ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE) as never,
  );
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const labelNames = ['queue', 'outcome'];
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs', labelNames, registers });
  jobs.inc({ queue: 'mail "a"', outcome: 'ok' }, 3);
  jobs.inc({ queue: 'back\\slash\n', outcome: 'error' });
  new Gauge({ name: 'depth', help: 'Depth', registers }).set(-1.5);
  const wait = new Histogram({ name: 'wait_seconds', help: 'Wait', labelNames, buckets: [0.1, 1], registers });
  wait.observe({ queue: 'mail', outcome: 'ok' }, 0.3);
  wait.observe({ queue: 'print', outcome: 'ok' }, 3);
  new Summary({ name: 'size_bytes', help: 'Size', registers }).observe(12);
  return registry.metrics();
}

const program = (module: string): string => `
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, Info, Enum
from prometheus_client.${module} import generate_latest
registry = CollectorRegistry()
Counter('jobs', 'Jobs', ['queue'], registry=registry).labels('mail').inc(2, exemplar={'trace_id': 'abc'})
Gauge('depth', 'Depth', registry=registry).set(1.5)
Histogram('wait_seconds', 'Wait', ['queue'], registry=registry, buckets=(0.1, 1)).labels('mail').observe(0.3, {'trace_id': 'def'})
Summary('size_bytes', 'Size', registry=registry, unit='bytes').observe(12)
Info('build', 'Build', registry=registry).info({'version': '1'})
Enum('phase', 'Phase', registry=registry, states=['up', 'down']).state('up')
print(generate_latest(registry).decode('utf-8'), end='')`;

function exposedByPython(format: Exposition['format']): string {
  const module = format === 'text' ? 'exposition' : 'openmetrics.exposition';
  return execFileSync('/usr/bin/python3', ['-c', program(module)], { encoding: 'utf8' });
}
