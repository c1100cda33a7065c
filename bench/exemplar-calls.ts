import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { attachRecorder, Counter, Histogram, PrometheusRecorder } from 'flowplane-metrics';
import { cpuSince, type Measurement, ours, type Row } from './measurement.js';

/** What a call can meet of OpenTelemetry. */
type Surroundings = 'nothing' | 'no span' | 'a sampled span';

class Service {
  @Counter({ name: 'calls_total', help: 'Calls', labels: { team: (team) => team, type: (_team, type) => type } })
  count(team: string, type: string): number {
    return team.length + type.length;
  }

  @Histogram({
    name: 'sizes_bytes',
    help: 'Sizes',
    labels: { team: (team) => team, type: (_team, type) => type },
    value: (size) => size,
  })
  observe(team: string, _type: string): number {
    return team.length / 10;
  }
}

const callsPerScrape = 10_000;
const teams = Array.from({ length: 20 }, (_, i) => `team-${i}`);

/** One call of a service that is called 10,000 times between two scrapes. */
function calling(method: keyof Service, surroundings: Surroundings, exemplars: boolean): Measurement {
  return async () => {
    if (surroundings !== 'nothing') new NodeTracerProvider().register();
    const recorder = new PrometheusRecorder({ exemplars, onAdvice: () => undefined });
    const service = attachRecorder(new Service(), recorder);
    const call = (): number => {
      const start = process.hrtime.bigint();
      for (let i = 0; i < callsPerScrape; i++) service[method](teams[i % teams.length] as string, 'cluster');
      return Number(process.hrtime.bigint() - start) / callsPerScrape;
    };
    const inSpan = (): number =>
      surroundings === 'a sampled span' ? trace.getTracer('bench').startActiveSpan('request', call) : call();
    let least = Infinity;
    for (const begun = process.cpuUsage(); cpuSince(begun) < 600; ) {
      least = Math.min(least, inSpan());
      // Why: from here on, each counter and bucket takes a new exemplar.
      for (const family of await recorder.exposedFamilies()) for (const _ of family.write(nobody));
    }
    return least;
  };
}

const ignore = (): void => undefined;
const nobody = { label: ignore, value: ignore, histogram: ignore, summary: ignore, sample: ignore };

const row = (method: keyof Service, surroundings: Surroundings, goal: number): Row => ({
  unit: 'ns',
  goals: { 'exemplars: false': goal },
  clients: {
    [ours]: calling(method, surroundings, true),
    'exemplars: false': calling(method, surroundings, false),
  },
});

/** What exemplars add to a call. */
export const exemplarRows: Readonly<Record<string, Row>> = {
  '@Counter, no OpenTelemetry in the process': row('count', 'nothing', 1.25),
  '@Counter, OpenTelemetry and no span': row('count', 'no span', 1.3),
  '@Counter, a sampled span': row('count', 'a sampled span', 1.8),
  '@Histogram, no OpenTelemetry in the process': row('observe', 'nothing', 1.25),
  '@Histogram, OpenTelemetry and no span': row('observe', 'no span', 1.3),
  '@Histogram, a sampled span': row('observe', 'a sampled span', 1.8),
};
