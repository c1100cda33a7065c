import { createRequire } from 'node:module';
import { nextDuration } from './durations.js';
import { bareService, each, type Service, type Subject } from './service.js';

/** The peers have a package.json of their own, which only `npm run bench` installs. */
const require = createRequire(new URL('../../bench/package.json', import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: what only the benchmark loads has no types here.
type Loaded = any;

/** A reader that collects, as an exporter's would, but never by itself. */
function collectingReader({ MetricReader, AggregationTemporality }: Loaded): Loaded {
  return new (class extends MetricReader {
    async onForceFlush(): Promise<void> {}
    async onShutdown(): Promise<void> {}
    selectAggregationTemporality(): unknown {
      return AggregationTemporality.CUMULATIVE;
    }
  })();
}

function openTelemetry(): Loaded {
  const sdk = require('@opentelemetry/sdk-metrics');
  const api = require('@opentelemetry/api');
  const provider = new sdk.MeterProvider({ readers: [collectingReader(sdk)] });
  api.metrics.setGlobalMeterProvider(provider);
  return api.metrics.getMeter('bench');
}

export const openTelemetryAdd: Subject = {
  name: 'OpenTelemetry add',
  services(count) {
    const meter = openTelemetry();
    return each(count, (i) => {
      const counter = meter.createCounter(`counted_${i}`);
      class Handler implements Service {
        handle(team: string, type: string): number {
          counter.add(1, { team, type });
          return team.length + type.length;
        }
      }
      return new Handler();
    });
  },
};

export const openTelemetryExponential: Subject = {
  name: 'OpenTelemetry exponential',
  services(count) {
    const sdk = require('@opentelemetry/sdk-metrics');
    const aggregation = { type: sdk.AggregationType.EXPONENTIAL_HISTOGRAM };
    const views = [{ instrumentName: '*', aggregation }];
    const meter = new sdk.MeterProvider({ readers: [collectingReader(sdk)], views }).getMeter('bench');
    return each(count, (i) => {
      const durations = meter.createHistogram(`durations_${i}`);
      class Handler implements Service {
        handle(team: string, type: string): number {
          durations.record(nextDuration(), { team, type });
          return team.length + type.length;
        }
      }
      return new Handler();
    });
  },
};

/** prom-client's successor. */
export const successorByHand: Subject = {
  name: '@prometheus-io by hand',
  services(count) {
    const { Registry, Counter } = require('@prometheus-io/client');
    const registry = new Registry();
    return each(count, (i) => {
      const options = { name: `counted_${i}_total`, help: 'X', labelNames: ['team', 'type'], registers: [registry] };
      const counter = new Counter(options);
      class Handler implements Service {
        handle(team: string, type: string): number {
          counter.inc({ team, type });
          return team.length + type.length;
        }
      }
      return new Handler();
    });
  },
};

/** Why without labels: its decorator has none. To be compared with ours without labels. */
export const nestjsOtel: Subject = {
  name: 'nestjs-otel decorator',
  services(count) {
    require('reflect-metadata');
    openTelemetry();
    const { OtelMethodCounter } = require('nestjs-otel');
    return each(count, (i) => {
      const service = bareService();
      const prototype = Object.getPrototypeOf(service);
      const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') as PropertyDescriptor;
      OtelMethodCounter({ name: `nest_${i}` })(prototype, 'handle', descriptor);
      Object.defineProperty(prototype, 'handle', descriptor);
      return service;
    });
  },
};

/** Counts and times; its labels are the function's name and module. */
export const autometrics: Subject = {
  name: 'autometrics wrapper',
  services(count) {
    const wrap = require('@autometrics/autometrics');
    const sdk = createRequire(require.resolve('@autometrics/autometrics'))('@opentelemetry/sdk-metrics');
    wrap.amLogger?.setLevel?.('none');
    wrap.registerExporter({ metricReader: collectingReader(sdk) });
    return each(count, () => {
      const service = bareService();
      const prototype = Object.getPrototypeOf(service) as Service;
      prototype.handle = wrap.autometrics({ functionName: 'handle', moduleName: 'bench' }, prototype.handle);
      return service;
    });
  },
};
