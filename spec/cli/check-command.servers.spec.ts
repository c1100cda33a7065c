import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Counter, Gauge, Histogram, Registry, type RegistryContentType, Summary } from 'prom-client';
import { runAll } from '../golden/program.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { until } from '../until.js';
import { Examined } from './examined.js';

/** The metrics of another exporter, one of each kind. */
function createExporter(contentType: RegistryContentType) {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  const registers = [registry];
  new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['shop'], registers }).inc({ shop: 'a' });
  new Gauge({ name: 'queue_depth', help: 'Depth', registers }).set(1);
  new Histogram({ name: 'order_seconds', help: 'Duration', registers }).observe(1);
  new Summary({ name: 'latency_seconds', help: 'Latency', registers }).observe(1);
  return registry;
}

const known = [
  'rate(orders_total{shop="a"}[5m]) > 1',
  'queue_depth > 5',
  'histogram_quantile(0.9, sum by (le) (rate(order_seconds_bucket[5m]))) > 1',
  'rate(order_seconds_sum[5m]) / rate(order_seconds_count[5m]) > 1',
  'latency_seconds{quantile="0.99"} > 1 and rate(latency_seconds_count[5m]) > 1',
];

for (const command of ['prometheus', 'prometheus-3']) {
  describe(`flowplane-metrics check, with the metrics that a real ${command} knows`, () => {
    let folder: string;

    before(function () {
      needs(this, command);
      folder = mkdtempSync(join(tmpdir(), 'check-prometheus-'));
    });

    after(() => folder && rmSync(folder, { recursive: true }));

    for (const [format, contentType] of [
      ['the text format', Registry.PROMETHEUS_CONTENT_TYPE],
      ['OpenMetrics', Registry.OPENMETRICS_CONTENT_TYPE],
    ] as const) {
      it(`knows those that it scrapes in ${format}, with their kinds, and no others`, async () => {
        const exporter = createExporter(contentType);
        const examined = new Examined();
        const target = await examined.serve(async (_, response) => {
          response.setHeader('Content-Type', exporter.contentType);
          response.end(await exporter.metrics());
        });
        const prometheus = await PrometheusServer.start(target, command);
        try {
          await until(async () => (await prometheus.query('queue_depth')).length > 0);
          const expressions = [...known, 'rate(queue_depth[5m]) > 1', 'queue_deepth > 1'];
          const rules = expressions.map((expr, i) => ({ alert: `A${i}`, expr }));
          writeFileSync(join(folder, 'rules.json'), JSON.stringify({ groups: [{ name: 'others', rules }] }));
          writeFileSync(join(folder, 'nothing.json'), '[]');
          const files = ['--catalogue', join(folder, 'nothing.json'), '--rules', join(folder, 'rules.json')];
          const [run] = await runAll([['check', ...files, '--external', prometheus.url, '--json']]);
          const { findings } = JSON.parse(run?.out ?? '') as { findings: Record<string, unknown>[] };
          expect(findings.map(({ of, severity, kind, nearest }) => [of, severity, kind, nearest])).to.deep.equal([
            ['alert A5', 'remark', 'rate-of-gauge', undefined],
            ['alert A6', 'error', 'unknown-name', 'queue_depth'],
          ]);
          expect(run?.code).to.equal(1);
        } finally {
          await prometheus.stop();
          await examined.stop();
        }
      });
    }
  });
}
