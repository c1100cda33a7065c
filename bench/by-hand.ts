import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { each, type Service, type Subject } from './service.js';

const labelNames = ['team', 'type'];
const name = 'prom-client by hand';

/** The metrics that a method may feed by hand, for the service with this number. */
function metrics(i: number, registry: Registry) {
  const of = (metric: string) => ({ name: `${metric}_${i}`, help: 'X', labelNames, registers: [registry] });
  return {
    counter: new Counter(of('counted_total')),
    gauge: new Gauge(of('gauged')),
    histogram: new Histogram(of('observed')),
  };
}
type Metrics = ReturnType<typeof metrics>;

function subject(make: (metrics: Metrics) => Service): Subject {
  return {
    name,
    services(count) {
      const registry = new Registry();
      return each(count, (i) => make(metrics(i, registry)));
    },
  };
}

export const counter = subject(({ counter: counted }) => {
  class Handler implements Service {
    handle(team: string, type: string): number {
      counted.inc({ team, type });
      return team.length + type.length;
    }
  }
  return new Handler();
});

export const asyncCounter = subject(({ counter: counted }) => {
  class Handler implements Service {
    async handle(team: string, type: string): Promise<number> {
      try {
        return team.length + type.length;
      } finally {
        counted.inc({ team, type });
      }
    }
  }
  return new Handler();
});

export const gauge = subject(({ gauge: gauged }) => {
  class Handler implements Service {
    handle(team: string, type: string): number {
      gauged.set({ team, type }, 7);
      return team.length + type.length;
    }
  }
  return new Handler();
});

export const histogram = subject(({ histogram: observed }) => {
  class Handler implements Service {
    handle(team: string, type: string): number {
      observed.observe({ team, type }, 0.07);
      return team.length + type.length;
    }
  }
  return new Handler();
});

export const timed = subject(({ histogram: durations }) => {
  class Handler implements Service {
    handle(team: string, type: string): number {
      const end = durations.startTimer({ team, type });
      try {
        return team.length + type.length;
      } finally {
        end();
      }
    }
  }
  return new Handler();
});

export const inFlight = subject(({ gauge: calls }) => {
  class Handler implements Service {
    handle(team: string, type: string): number {
      calls.inc({ team, type });
      try {
        return team.length + type.length;
      } finally {
        calls.dec({ team, type });
      }
    }
  }
  return new Handler();
});

export const stacked = subject(({ counter: counted, gauge: calls, histogram: durations }) => {
  class Handler implements Service {
    handle(team: string, type: string): number {
      calls.inc({ team, type });
      const end = durations.startTimer({ team, type });
      try {
        return team.length + type.length;
      } finally {
        end();
        counted.inc({ team, type });
        calls.dec({ team, type });
      }
    }
  }
  return new Handler();
});

/** What a counter cannot cost less than: two look-ups in Maps and an addition. */
export const walk: Subject = {
  name: 'nested Map walk',
  services: (count) =>
    each(count, () => {
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
    }),
};
