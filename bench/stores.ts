import { createRequire } from 'node:module';
import { defineCounter, defineHistogram, linearBuckets, PrometheusRecorder, scrape } from 'flowplane-metrics';
import * as promClient from 'prom-client';

const require = createRequire(new URL('../../bench/package.json', import.meta.url));

/** A store of series: what is observed goes in, and the bytes of a scrape come out. */
export interface Store {
  count(team: string, route: string, code: string): void;
  observe(team: string, route: string, code: string, value: number): void;
  /** Renders a scrape; gives how many bytes it has. */
  render(): Promise<number>;
}

const labels = ['team', 'route', 'code'] as const;
const buckets = linearBuckets(0.1, 0.1, 12);

function ours(): Store {
  const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 2_000_000, maxSamples: 2_000_000 });
  const policies = { team: {}, route: {}, code: {} };
  const counter = recorder.counter(defineCounter({ name: 'requests_total', help: 'Requests', labels: policies }));
  const histogram = recorder.histogram(
    defineHistogram({ name: 'latency', help: 'Latency', labels: policies, buckets }),
  );
  return {
    count: (team, route, code) => counter.inc({ team, route, code }),
    observe: (team, route, code, value) => histogram.observe({ team, route, code }, value),
    async render() {
      let bytes = 0;
      for await (const chunk of (await scrape(recorder, { method: 'GET' })).body) bytes += chunk.length;
      return bytes;
    },
  };
}

/** prom-client and its successor have the same names. */
function client({ Registry, Counter, Histogram }: typeof promClient): Store {
  const registry = new Registry();
  const common = { labelNames: labels, registers: [registry] };
  const counter = new Counter({ name: 'requests_total', help: 'Requests', ...common });
  const histogram = new Histogram({ name: 'latency', help: 'Latency', buckets, ...common });
  return {
    count: (team, route, code) => counter.inc({ team, route, code }),
    observe: (team, route, code, value) => histogram.observe({ team, route, code }, value),
    render: async () => Buffer.byteLength(await registry.metrics()),
  };
}

function openTelemetry(): Store {
  const { MeterProvider, MetricReader, AggregationTemporality } = require('@opentelemetry/sdk-metrics');
  const { PrometheusSerializer } = require('@opentelemetry/exporter-prometheus');
  const reader = new (class extends MetricReader {
    async onForceFlush(): Promise<void> {}
    async onShutdown(): Promise<void> {}
    selectAggregationTemporality(): unknown {
      return AggregationTemporality.CUMULATIVE;
    }
  })();
  const views = [{ instrumentName: '*', aggregationCardinalityLimit: 2_000_000 }];
  const meter = new MeterProvider({ readers: [reader], views }).getMeter('bench');
  const counter = meter.createCounter('requests');
  const histogram = meter.createHistogram('latency', { advice: { explicitBucketBoundaries: buckets } });
  const serializer = new PrometheusSerializer();
  return {
    count: (team, route, code) => counter.add(1, { team, route, code }),
    observe: (team, route, code, value) => histogram.record(value, { team, route, code }),
    async render() {
      const { resourceMetrics } = await (
        reader as unknown as { collect(): Promise<{ resourceMetrics: unknown }> }
      ).collect();
      return Buffer.byteLength(serializer.serialize(resourceMetrics));
    },
  };
}

export const stores: Readonly<Record<string, () => Store>> = {
  'flowplane-metrics': ours,
  'prom-client': () => client(promClient),
  '@prometheus-io/client': () => client(require('@prometheus-io/client')),
  'OpenTelemetry exporter': openTelemetry,
};
