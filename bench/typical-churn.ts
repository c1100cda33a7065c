import { setImmediate as turn } from 'node:timers/promises';
import { defineCounter, defineGauge, type Family, PrometheusRecorder, scrape } from 'flowplane-metrics';
import { cpuSince, type Measurement, type Row } from './measurement.js';
import { clientsOf, loadPeer, ourService, peers, theirService } from './typical-service.js';

const room = { maxSeriesPerFamily: 2_000_000, maxSamples: 20_000_000, onAdvice: () => undefined };

/** Series of two labels that come and go. */
interface Churned {
  count(id: string): void;
  remove(id: string): void;
}

function ours(limit: number | undefined): Churned {
  const recorder = new PrometheusRecorder(room);
  const labels = { kind: {}, id: limit === undefined ? {} : { limit } };
  const family = defineCounter({ name: 'sessions_total', help: 'Sessions', labels });
  const counter = recorder.counter(family);
  return {
    count: (id) => counter.inc({ kind: 'web', id }),
    remove: (id) => void recorder.remove(family, { kind: 'web', id }),
  };
}

function peer(name: string): Churned {
  const { Registry, Counter } = loadPeer(name);
  const counter = new Counter({
    name: 'sessions_total',
    help: 'Sessions',
    labelNames: ['kind', 'id'],
    registers: [new Registry()],
  });
  return {
    count: (id) => counter.inc({ kind: 'web', id }, 1),
    remove: (id) => counter.remove({ kind: 'web', id }),
  };
}

/** The time of one removal and one creation among so many series, at best. */
async function measureReplacement(churned: Churned, series: number): Promise<number> {
  for (let i = 0; i < series; i++) churned.count(`session-${i}`);
  let next = series;
  let best = Infinity;
  const begun = process.cpuUsage();
  for (let times = 1; cpuSince(begun) < 400; ) {
    const began = performance.now();
    for (let i = 0; i < times; i++, next++) {
      churned.remove(`session-${next - series}`);
      churned.count(`session-${next}`);
    }
    const milliseconds = performance.now() - began;
    if (milliseconds < 2) times *= 2;
    else best = Math.min(best, (milliseconds * 1e6) / times);
  }
  return best;
}

function replacement(series: number, limit?: number): Row {
  const clients: Record<string, Measurement> = {
    'flowplane-metrics': () => measureReplacement(ours(limit), series),
  };
  for (const name of peers) clients[name] = () => measureReplacement(peer(name), series);
  return { unit: 'ns', clients };
}

/** The longest time that the event loop was away while this ran, in milliseconds. */
async function measureLongestTurn(run: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let longest = 0;
  const watch = async (): Promise<void> => {
    let before = performance.now();
    while (!isOver) {
      await turn();
      const now = performance.now();
      longest = Math.max(longest, now - before);
      before = now;
    }
  };
  const watching = watch();
  await turn();
  await run();
  // Why a few more turns: memory may be given back after the answer.
  for (let i = 0; i < 500; i++) await turn();
  isOver = true;
  await watching;
  return longest;
}

/** The smallest of several longest turns: another process may take the processor at any time. */
async function measureTurns(prepare: () => Promise<() => Promise<unknown>>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < 4; i++) {
    const run = await prepare();
    global.gc?.();
    await turn();
    best = Math.min(best, await measureLongestTurn(run));
  }
  return best;
}

/** Reads a scrape, or waits as long as one takes. */
async function readScrape(recorder: PrometheusRecorder, names: readonly string[] = []): Promise<void> {
  for await (const _ of (await scrape(recorder, { method: 'GET', names })).body);
}

const bareLoop: Measurement = () =>
  measureTurns(async () => async () => {
    for (const until = performance.now() + 100; performance.now() < until; ) await turn();
  });

const countSessions = (recorder: PrometheusRecorder, family: Family, series: number): void => {
  const counter = recorder.counter(family as ReturnType<typeof defineSessions>);
  for (let i = 0; i < series; i++) counter.inc({ kind: `kind-${i % 10}`, id: `session-${i}` });
};

const defineSessions = (expireAfterSeconds?: number) =>
  defineCounter({
    name: 'sessions_total',
    help: 'Sessions',
    labels: { kind: {}, id: {} },
    ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
  });

function clearing(series: number): Measurement {
  return () =>
    measureTurns(async () => {
      const recorder = new PrometheusRecorder(room);
      const family = defineSessions();
      countSessions(recorder, family, series);
      return async () => recorder.clear(family);
    });
}

function expiring(series: number): Measurement {
  return () =>
    measureTurns(async () => {
      let now = 0;
      const recorder = new PrometheusRecorder({ ...room, clock: () => now });
      const family = defineSessions(60);
      countSessions(recorder, family, series);
      await readScrape(recorder);
      now += 100;
      return () => readScrape(recorder);
    });
}

function collecting(sets: number): Measurement {
  return () =>
    measureTurns(async () => {
      const recorder = new PrometheusRecorder(room);
      const gauge = recorder.gauge(defineGauge({ name: 'depth', help: 'Depth', labels: { kind: {}, queue: {} } }));
      const given = Array.from({ length: sets }, (_, i) => ({
        labels: { kind: `kind-${i % 10}`, queue: `queue-${i}` },
        value: i,
      }));
      gauge.collect(() => given);
      await readScrape(recorder);
      return () => readScrape(recorder);
    });
}

const promClearing =
  (name: string, series: number): Measurement =>
  () =>
    measureTurns(async () => {
      const { Registry, Counter } = loadPeer(name);
      const counter = new Counter({
        name: 'a_total',
        help: 'A',
        labelNames: ['kind', 'id'],
        registers: [new Registry()],
      });
      for (let i = 0; i < series; i++) counter.inc({ kind: `kind-${i % 10}`, id: `session-${i}` });
      return async () => counter.reset();
    });

function longestTurn(measurement: Measurement, others: Readonly<Record<string, Measurement>> = {}): Row {
  return { unit: 'ms', most: 1, clients: { 'flowplane-metrics': measurement, 'bare loop': bareLoop, ...others } };
}

/** The CPU time of declaring 30 families, with or without 1,000 series, in a process that has done nothing before. */
function cold(routes: number): Row['clients'] {
  const timed = (run: () => unknown): number => {
    const start = process.cpuUsage();
    run();
    return cpuSince(start);
  };
  return clientsOf<Measurement>(
    async () => timed(() => ourService(routes)),
    (name) => async () => {
      const client = loadPeer(name);
      return timed(() => theirService(client, routes));
    },
  );
}

/** What comes and goes, and what a cold start costs the store: by what is measured. */
export const rows: Readonly<Record<string, Row>> = {
  'declaring 30 families, cold': { unit: 'ms', goals: { 'prom-client': 2 }, clients: cold(0) },
  '30 families and 1,000 series, cold': {
    unit: 'ms',
    goals: { 'prom-client': 1.5, '@prometheus-io/client': 0.5 },
    clients: cold(30),
  },
  'remove + creation, one of 100': { ...replacement(100), goals: { 'prom-client': 3 } },
  'remove + creation, one of 10,000': { ...replacement(10_000), goals: { 'prom-client': 3 } },
  'remove + creation, one of 10,000, label with a limit': {
    ...replacement(10_000, 20_000),
    goals: { 'prom-client': 5 },
  },
  'clear of 100,000, longest turn': longestTurn(clearing(100_000), {
    'prom-client': promClearing('prom-client', 100_000),
  }),
  'expiry of 100,000, longest turn': longestTurn(expiring(100_000)),
  'collector of 100,000 sets, longest turn': longestTurn(collecting(100_000)),
};
