import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { defineCounter, defineGauge, type Family, PrometheusRecorder, scrape } from 'flowplane-metrics';
import { cpuSince, type Measurement, type Row } from './measurement.js';

const require = createRequire(new URL('../../bench/package.json', import.meta.url));

const room = { maxSeriesPerFamily: 2_000_000, maxSamples: 20_000_000, onAdvice: () => undefined };
const peers = { 'prom-client': 'prom-client', '@prometheus-io/client': '@prometheus-io/client' } as const;

// biome-ignore lint/suspicious/noExplicitAny: prom-client and its successor have the same names, but not the same types.
type PeerClient = any;

const load = (peer: string): PeerClient => require(peer);

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
  const { Registry, Counter } = load(name);
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
  const deadline = performance.now() + 1500;
  for (let times = 1; performance.now() < deadline; ) {
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
  for (const name of Object.values(peers)) clients[name] = () => measureReplacement(peer(name), series);
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
  for (let i = 0; i < 8; i++) {
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
      const { Registry, Counter } = load(name);
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
  return { unit: 'ms', clients: { 'flowplane-metrics': measurement, 'bare loop': bareLoop, ...others } };
}

const families = 30;
const values = Array.from({ length: 34 }, (_, i) => `value-${i}`);

/** The CPU time of declaring 30 families, with or without 1,000 series, in a process that has done nothing before. */
function cold(hasSeries: boolean): Row {
  const client =
    (name: string): Measurement =>
    async () => {
      const { Registry, Counter, Gauge, Histogram } = load(name);
      const start = process.cpuUsage();
      const registers = [new Registry()];
      for (let i = 0; i < families; i++) {
        const options = { help: 'Help', labelNames: ['team', 'route'], registers };
        const record = [
          () => new Counter({ name: `jobs_${i}_total`, ...options }),
          () => new Gauge({ name: `depth_${i}`, ...options }),
          () => new Histogram({ name: `latency_${i}_seconds`, ...options }),
        ][i % 3]?.();
        if (!hasSeries) continue;
        for (const route of values) {
          if (i % 3 === 2) record.observe({ team: 'mail', route }, 0.3);
          else record.inc({ team: 'mail', route }, 1);
        }
      }
      return cpuSince(start);
    };
  const own: Measurement = async () => {
    const { defineHistogram } = await import('flowplane-metrics');
    const start = process.cpuUsage();
    const recorder = new PrometheusRecorder();
    const labels = { team: {}, route: {} };
    for (let i = 0; i < families; i++) {
      if (i % 3 === 0) {
        const counter = recorder.counter(defineCounter({ name: `jobs_${i}_total`, help: 'Help', labels }));
        if (hasSeries) for (const route of values) counter.inc({ team: 'mail', route }, 1);
      } else if (i % 3 === 1) {
        const gauge = recorder.gauge(defineGauge({ name: `depth_${i}`, help: 'Help', labels }));
        if (hasSeries) for (const route of values) gauge.inc({ team: 'mail', route }, 1);
      } else {
        const name = `latency_${i}_seconds`;
        const histogram = recorder.histogram(defineHistogram({ name, help: 'Help', labels }));
        if (hasSeries) for (const route of values) histogram.observe({ team: 'mail', route }, 0.3);
      }
    }
    return cpuSince(start);
  };
  const clients: Record<string, Measurement> = { 'flowplane-metrics': own };
  for (const name of Object.values(peers)) clients[name] = client(name);
  return { unit: 'ms', clients };
}

/** What comes and goes, and what a cold start costs the store: by what is measured. */
export const rows: Readonly<Record<string, Row>> = {
  'remove + creation, one of 100': replacement(100),
  'remove + creation, one of 10,000': replacement(10_000),
  'remove + creation, one of 10,000, label with a limit': replacement(10_000, 20_000),
  'clear of 100,000, longest turn': longestTurn(clearing(100_000), {
    'prom-client': promClearing('prom-client', 100_000),
  }),
  'expiry of 100,000, longest turn': longestTurn(expiring(100_000)),
  'collector of 100,000 sets, longest turn': longestTurn(collecting(100_000)),
  'declaring 30 families, cold': cold(false),
  '30 families and 1,000 series, cold': cold(true),
};
