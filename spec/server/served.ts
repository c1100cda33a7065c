import { MetricsServer as KoaMetricsServer } from '../../lib/adapters/koa/index.js';
import { readExposition } from '../../lib/exposition-reader/read-exposition.js';
import { defineCounter, PrometheusRecorder, type PrometheusRecorderOptions, type Scrapable } from '../../lib/index.js';
import type { MetricsServerOptions } from '../../lib/server/config/options.js';
import type { ServerAddress } from '../../lib/server/listening-server.js';
import { MetricsServer } from '../../lib/server/metrics-server.js';
import { formatSample } from '../../lib/testing/samples.js';

const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { page: {} } });

/** What a scrape that is let in finds. */
export const exposed = 'visits_total{page="start"} 1\n';

/** A server that runs in a thread, with the options of one that does not. */
export class ThreadServer extends MetricsServer {
  constructor(scrapable: Scrapable, options: MetricsServerOptions = {}) {
    super(scrapable, { ...options, thread: true });
  }
}

class KoaThreadServer extends KoaMetricsServer {
  constructor(scrapable: Scrapable, options: MetricsServerOptions = {}) {
    super(scrapable, { ...options, thread: true });
  }
}

/** Whether the specs of servers are run with servers in threads: `in-thread.servers.spec.ts` does that. */
export const inThread = process.env['FLOWPLANE_SPEC_IN_THREAD'] === '1';

/** Each way to serve, by its name. */
export const servers: Readonly<Record<string, typeof MetricsServer>> = inThread
  ? { 'node:http in a thread': ThreadServer, 'Koa in a thread': KoaThreadServer }
  : { 'node:http': MetricsServer, Koa: KoaMetricsServer };

export interface Listening extends ServerAddress {
  readonly server: MetricsServer;
  readonly origin: string;
}

/** The servers of one spec: started on free ports, all closed by `close()`. */
export class Served {
  readonly #servers: MetricsServer[] = [];
  readonly #Server: typeof MetricsServer;

  constructor(Server: typeof MetricsServer = inThread ? ThreadServer : MetricsServer) {
    this.#Server = Server;
  }

  /** Serves one visit. */
  listen(options: MetricsServerOptions = {}): Promise<Listening> {
    const recorder = new PrometheusRecorder();
    recorder.counter(visits).inc({ page: 'start' });
    return this.serve(recorder, options);
  }

  async serve(scrapable: Scrapable, options: MetricsServerOptions = {}): Promise<Listening> {
    const server = new this.#Server(scrapable, { port: 0, processMetrics: false, ...options });
    this.#servers.push(server);
    const address = await server.listen();
    return { ...address, server, origin: new URL(address.url).origin };
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }
}

/** What a server that cannot start says. */
export async function refusal(options: MetricsServerOptions): Promise<{ message: string; code: string }> {
  try {
    const server = new MetricsServer(new PrometheusRecorder(), { port: 0, ...options });
    await server.listen();
    await server.close();
  } catch (error) {
    return error as { message: string; code: string };
  }
  throw new Error('it has started');
}

/** The value of a sample, by its name and labels as they are written; 0 where there is none. */
export function sampleIn(exposition: string, sample: string): number {
  const all = [...readExposition(Buffer.from(exposition)).families.values()].flatMap(({ samples }) => samples);
  return all.find(({ name, labels }) => formatSample(name, labels) === sample)?.value ?? 0;
}

/** A recorder with so many series of one counter, whose lines are longer by the padding. */
export function withSeries(count: number, padding = '', more: PrometheusRecorderOptions = {}): PrometheusRecorder {
  const limits = { maxSeriesPerFamily: count, maxSamples: count };
  const recorder = new PrometheusRecorder({ ...limits, onAdvice: () => undefined, ...more });
  for (let i = 0; i < count; i++) recorder.counter(visits).inc({ page: `page ${i}${padding}` });
  return recorder;
}

/** Something to scrape whose collection is finished by hand. */
export function held(): { scrapable: Scrapable; asked: () => number; release: () => void } {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const scrapable: Scrapable = {
    exposedFamilies: () => {
      asked++;
      return new Promise((resolve) => {
        waiting.push(() => resolve([]));
      });
    },
  };
  return {
    scrapable,
    asked: () => asked,
    release: () => {
      for (const finish of waiting.splice(0)) finish();
    },
  };
}
