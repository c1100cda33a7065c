import {
  attachRecorder,
  Counter,
  defineCounter,
  Gauge,
  Histogram,
  InFlight,
  instrumentMethod,
  type MethodDecoratorOf,
  PrometheusRecorder,
  Timed,
} from 'flowplane-metrics';
import { nextDuration } from './durations.js';
import { each, type Service, type Subject } from './service.js';

type Decorator = MethodDecoratorOf<Service, Service, Service['handle']>;

const labels = { team: (team: string) => team, type: (_team: string, type: string) => type };

/** Every decorator, for the service with this number. */
const decorators = {
  counter: (i: number): Decorator => Counter({ name: `counted_${i}_total`, help: 'Calls', labels }),
  plainCounter: (i: number): Decorator => Counter({ name: `counted_plainly_${i}_total`, help: 'Calls' }),
  gauge: (i: number): Decorator => Gauge({ name: `gauged_${i}`, help: 'A value', labels, value: () => 7 }),
  histogram: (i: number): Decorator =>
    Histogram({ name: `observed_${i}_bytes`, help: 'A value', labels, value: () => 0.07 }),
  classicDurations: (i: number): Decorator =>
    Histogram({ name: `classic_${i}_seconds`, help: 'A duration', labels, value: nextDuration }),
  nativeDurations: (i: number): Decorator =>
    Histogram({
      name: `native_${i}_seconds`,
      help: 'A duration',
      labels,
      value: nextDuration,
      buckets: false,
      native: true,
    }),
  bothDurations: (i: number): Decorator =>
    Histogram({ name: `both_${i}_seconds`, help: 'A duration', labels, value: nextDuration, native: true }),
  timed: (i: number): Decorator => Timed({ name: `timed_${i}_seconds`, help: 'A duration', labels }),
  inFlight: (i: number): Decorator => InFlight({ name: `in_flight_${i}`, help: 'Calls in flight', labels }),
};

/** What a decorator is called where a row has several. */
const names: Partial<Record<keyof typeof decorators, string>> = {
  plainCounter: 'decorated, no labels',
  classicDurations: 'decorated, classic',
  bothDurations: 'decorated, both kinds',
};

/** Services whose method carries these decorators. */
export function decorated(bare: () => Service, ...kinds: (keyof typeof decorators)[]): Subject {
  return {
    name: (kinds[0] && names[kinds[0]]) ?? 'decorated',
    services(count) {
      const recorder = new PrometheusRecorder();
      return each(count, (i) => {
        const service = bare();
        const prototype = Object.getPrototypeOf(service) as Service;
        instrumentMethod(prototype, 'handle', ...kinds.map((kind) => decorators[kind](i)));
        return attachRecorder(service, recorder);
      });
    },
  };
}

/** The same without a decorator: `recorder.counter(family).inc(labels)` in the method. */
export const recordedByHand: Subject = {
  name: 'recorder.counter().inc()',
  services(count) {
    const recorder = new PrometheusRecorder();
    return each(count, (i) => {
      const family = defineCounter({ name: `by_hand_${i}_total`, help: 'Calls', labels: { team: {}, type: {} } });
      class Handler implements Service {
        handle(team: string, type: string): number {
          recorder.counter(family).inc({ team, type });
          return team.length + type.length;
        }
      }
      return new Handler();
    });
  },
};
