import { attachRecorder, Counter, instrumentMethod, PrometheusRecorder } from 'flowplane-metrics';
import { Counter as PromCounter, Registry } from 'prom-client';

/** A service whose one method takes two label values. */
export interface Service {
  handle(team: string, type: string): number;
}

/** One way to do the same work, as so many different services. */
export interface Subject {
  readonly name: string;
  services(count: number): Service[];
}

/** A class of its own at each call: a service as an application has many of. */
function bareService(): Service {
  class Handler implements Service {
    handle(team: string, type: string): number {
      return team.length + type.length;
    }
  }
  return new Handler();
}

const bare: Subject = {
  name: 'bare method',
  services: (count) => Array.from({ length: count }, bareService),
};

const decorated: Subject = {
  name: '@Counter',
  services(count) {
    const recorder = new PrometheusRecorder();
    return Array.from({ length: count }, (_, i) => {
      const service = bareService();
      instrumentMethod(
        Object.getPrototypeOf(service) as Service,
        'handle',
        Counter({
          name: `handled_${i}_total`,
          help: 'Calls handled',
          labels: { team: (team) => team, type: (_team, type) => type },
        }),
      );
      return attachRecorder(service, recorder);
    });
  },
};

const byHand: Subject = {
  name: 'prom-client by hand',
  services(count) {
    const registry = new Registry();
    return Array.from({ length: count }, (_, i) => {
      const counter = new PromCounter({
        name: `handled_${i}_total`,
        help: 'Calls handled',
        labelNames: ['team', 'type'],
        registers: [registry],
      });
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

/** What cannot be done for less: two look-ups in Maps and an addition. */
const limit: Subject = {
  name: 'nested Map walk',
  services(count) {
    return Array.from({ length: count }, () => {
      const root = new Map<string, Map<string, number>>();
      const numbers = new Float64Array(1024);
      let slots = 0;
      const slotOf = (team: string, type: string): number => {
        const branch = root.get(team) ?? new Map<string, number>();
        root.set(team, branch);
        branch.set(type, slots);
        return slots++;
      };
      class Handler implements Service {
        handle(team: string, type: string): number {
          const slot = root.get(team)?.get(type) ?? slotOf(team, type);
          numbers[slot] = (numbers[slot] as number) + 1;
          return team.length + type.length;
        }
      }
      return new Handler();
    });
  },
};

/** The first one is what the others are measured against. */
export const subjects: readonly Subject[] = [bare, limit, decorated, byHand];
