import { Readable } from 'node:stream';
import { attachRecorder, Counter, defineCounter, instrumentMethod, PrometheusRecorder } from 'flowplane-metrics';
import { exemplarRows } from './exemplar-calls.js';
import { labelValues } from './label-values.js';
import { cpuSince, leastTime, type Measurement, ours, type Row } from './measurement.js';
import { operations } from './operations.js';

const quietRecorder = () => new PrometheusRecorder({ onAdvice: () => undefined });

/** A service whose methods give ten values, each in another way. */
class Steps {
  *generator(_team: string): Generator<number> {
    for (let i = 0; i < 10; i++) yield i;
  }
  async *asyncGenerator(_team: string): AsyncGenerator<number> {
    for (let i = 0; i < 10; i++) yield i;
  }
  stream(_team: string): Readable {
    return Readable.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
}

function countedSteps(): Steps {
  class Counted extends Steps {}
  for (const name of ['generator', 'asyncGenerator', 'stream'] as const) {
    const labels = { team: (team: string) => team };
    const decorator = Counter({ name: `${name.toLowerCase()}_total`, help: 'Calls', labels });
    Object.defineProperty(Counted.prototype, name, {
      ...Object.getOwnPropertyDescriptor(Steps.prototype, name),
    });
    instrumentMethod(Counted.prototype, name, decorator as never);
  }
  return attachRecorder(new Counted(), quietRecorder());
}

const consumers: Readonly<Record<keyof Steps, (steps: Steps) => unknown>> = {
  generator(steps) {
    let sum = 0;
    for (let i = 0; i < 1000; i++) for (const step of steps.generator('mail')) sum += step;
    return sum;
  },
  async asyncGenerator(steps) {
    let sum = 0;
    for (let i = 0; i < 1000; i++) for await (const step of steps.asyncGenerator('mail')) sum += step;
    return sum;
  },
  async stream(steps) {
    let sum = 0;
    for (let i = 0; i < 1000; i++) for await (const step of steps.stream('mail')) sum += step as number;
    return sum;
  },
};

/** @param milliseconds for how long the calls are repeated: what runs much code of Node is compiled late. */
function steps(name: keyof Steps, goal: number, milliseconds?: number): Row {
  const measure = (make: () => Steps): Measurement => {
    return async () => {
      const service = make();
      return leastTime(1000, () => consumers[name](service), milliseconds);
    };
  };
  const clients = { [ours]: measure(countedSteps), 'bare method': measure(() => new Steps()) };
  return { unit: 'ns', goals: { 'bare method': goal }, clients };
}

/** One call of a method whose argument has so many labels. */
const withLabels =
  (count: number): Measurement =>
  async () => {
    const names = (['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const).slice(0, count);
    const labels = Object.fromEntries(names.map((name) => [name, readersOfLabels[name]]));
    class Service {
      handle(_labels: Labels): void {}
    }
    instrumentMethod(Service.prototype, 'handle', Counter({ name: 'calls_total', help: 'Calls', labels }) as never);
    const service = attachRecorder(new Service(), quietRecorder());
    const given = Array.from({ length: 10 }, (_, i) => labelsOfRequest(`value-${i}`));
    return leastTime(10_000, () => {
      for (let i = 0; i < 1000; i++) for (const one of given) service.handle(one);
    });
  };

const labelsOfRequest = (value: string) => ({
  ...{ a: `a-${value}`, b: `b-${value}`, c: `c-${value}`, d: `d-${value}` },
  ...{ e: `e-${value}`, f: `f-${value}`, g: `g-${value}`, h: `h-${value}` },
});
type Labels = ReturnType<typeof labelsOfRequest>;

// Why each written out: a reader that takes the name from a variable is slower than those that services have.
const readersOfLabels: Readonly<Record<keyof Labels, (labels: Labels) => string>> = {
  a: ({ a }) => a,
  b: ({ b }) => b,
  c: ({ c }) => c,
  d: ({ d }) => d,
  e: ({ e }) => e,
  f: ({ f }) => f,
  g: ({ g }) => g,
  h: ({ h }) => h,
};

const labelsRow = (count: number, goal: number): Row => ({
  unit: 'ns',
  goals: { '3 labels': goal },
  clients: { [ours]: withLabels(count), '3 labels': withLabels(3) },
});

class Site {
  @Counter({ name: 'visits_total', help: 'Visits', labels: { page: (page) => page } })
  visit(_page: string): void {}
}

const visiting =
  (pages: () => readonly string[]): Measurement =>
  async () => {
    const site = attachRecorder(new Site(), quietRecorder());
    return leastTimeOf(pages, (page) => site.visit(page));
  };

/** The same with arguments that are made afresh before each round, outside the time that is measured. */
async function leastTimeOf(
  pages: () => readonly string[],
  visit: (page: string) => void,
  milliseconds = 400,
): Promise<number> {
  let least = Infinity;
  for (const begun = process.cpuUsage(); cpuSince(begun) < milliseconds; ) {
    const given = pages();
    const start = process.hrtime.bigint();
    for (const page of given) visit(page);
    least = Math.min(least, Number(process.hrtime.bigint() - start) / given.length);
  }
  return least;
}

const short = 'a short value';
const long = 'a value of a length that nobody wants in a label, '.repeat(40);
const same = (value: string) => () => Array.from({ length: 2000 }, () => value);
// Why through bytes: the copy is another object, whose hash is not known yet.
const fresh = (value: string) => () => Array.from({ length: 2000 }, () => Buffer.from(value).toString('latin1'));

const freshUsers = 10_000;

/** One call with a user made afresh: of a known user, or of ever new ones. */
function visitingUsers(maxSeries: number, userOf: (i: number, known: number) => number): Measurement {
  const visits = defineCounter({
    name: 'users_visits_total',
    help: 'Visits',
    labels: { kind: { oneOf: ['page', 'feed'] }, user: {} },
    maxSeries,
  });
  class Users {
    @Counter(visits, { labels: { kind: (kind) => kind, user: (_kind, user) => user } })
    visit(_kind: 'page' | 'feed', _user: string): void {}
  }
  return async () => {
    const users = attachRecorder(new Users(), quietRecorder());
    const known = Math.floor(maxSeries * 0.9);
    for (let i = 0; i < known; i++) users.visit('page', `user-${i}`);
    let i = 0;
    const made = () => Array.from({ length: freshUsers }, () => `user-${userOf(i++, known)}`);
    // Why longer: only after as many values as there may be series is no more of them remembered.
    return leastTimeOf(made, (user) => users.visit('page', user), 1200);
  };
}

const pastBounds = (maxSeries: number): Row => ({
  unit: 'ns',
  goals: { 'known value': 1.5 },
  clients: {
    [ours]: visitingUsers(maxSeries, (i) => 1_000_000 + i),
    'known value': visitingUsers(maxSeries, (_i, known) => Math.floor(Math.random() * known)),
  },
});

/** One of 40 methods with identical strings, above what the bare method costs. */
function above(name: string): Measurement {
  return async () => {
    const subjects = operations['@Counter'] ?? [];
    const [bare] = subjects;
    const subject = subjects.find((one) => one.name === name);
    if (bare === undefined || subject === undefined) throw new Error(`there is no ${name}`);
    const { teams, types } = labelValues(12_000, false);
    const times = [];
    for (const { services } of [bare, subject]) {
      const all = services(40);
      const run = () => {
        for (let i = 0; i < teams.length; i++) all[i % 40]?.handle(teams[i] as string, types[i] as string);
      };
      times.push(await leastTime(teams.length, run, 400));
    }
    const [bareTime = 0, time = 0] = times;
    return time - bareTime;
  };
}

/** What calls cost that the other parts of the benchmark do not measure. */
export const rows: Readonly<Record<string, Row>> = {
  'generator of 10 steps': steps('generator', 3),
  'async generator of 10 steps': steps('asyncGenerator', 2),
  'stream of 10 chunks': steps('stream', 1.3, 1500),
  '4 labels': labelsRow(4, 1.35),
  '5 labels': labelsRow(5, 1.7),
  '8 labels': labelsRow(8, 2.7),
  'value of 2,000 characters, the same string': {
    unit: 'ns',
    goals: { 'short value': 3 },
    clients: { [ours]: visiting(same(long)), 'short value': visiting(same(short)) },
  },
  'value of 2,000 characters, a fresh string': {
    unit: 'ns',
    most: 2500,
    clients: { [ours]: visiting(fresh(long)), 'short value': visiting(fresh(short)) },
  },
  'fresh value past every bound, of 100 series': pastBounds(100),
  'fresh value past every bound, of 10,000 series': pastBounds(10_000),
  ...exemplarRows,
  '@Counter above bare, 40 methods, identical strings': {
    unit: 'ns',
    goals: { 'prom-client': 0.31 },
    clients: {
      [ours]: above('decorated'),
      'prom-client': above('prom-client by hand'),
      '@prometheus-io/client': above('@prometheus-io by hand'),
    },
  },
};
