import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  Instrumented,
  PrometheusRecorder,
  scrape,
} from 'flowplane-metrics';
import { httpMetrics, MetricsServer } from 'flowplane-metrics/koa';
import Koa from 'koa';
import type { ExposedFamily } from '../../lib/exposition-reader/exposition.js';
import { readExposition } from '../../lib/exposition-reader/read-exposition.js';
import type { ExposedFamily as Exposed } from '../../lib/index.js';
import { AggregatorMetrics } from '../../lib/processes/aggregator-metrics.js';
import { exposeLoop } from '../../lib/thread/loop-metrics.js';

@Instrumented()
class Mailbox {
  @Counter({ name: 'mails_total', help: 'Mails', labels: { to: (to) => to }, maxSeries: 2 })
  send(_to: string): void {}
}

/** A family that is exposed: its type, and the labels of its samples but for the bound of a bucket. */
export interface ObservedFamily {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Uses every family of the library, and gives what a scraper of it sees, in the text format. */
export async function scrapeEveryFamily(): Promise<string> {
  const recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
  useEveryFamily(recorder);
  await serveRequest(recorder);
  // Why to nowhere: an export that fails has every family too.
  const otlp = { endpoint: 'http://127.0.0.1:1', exportTimeoutSeconds: 0.05, intervalSeconds: 0.05 };
  const quiet = { announce: false, shutdownTimeoutSeconds: 0.05, onAdvice: () => undefined };
  const server = new MetricsServer(recorder, {
    port: 0,
    thread: true,
    processMetrics: false,
    otlp: { ...otlp, ...quiet },
  });
  const { url } = await server.listen();
  try {
    // Why again: a scrape is counted when it has ended, and so is an export.
    for (;;) {
      const scraped = await (await fetch(url)).text();
      if (/scrape_size_bytes_count.*otlp_export_duration_seconds_count/s.test(scraped)) {
        return scraped + (await scrapeFamilies(aggregatorFamilies())) + (await scrapeFamilies(blockedFamilies()));
      }
    }
  } finally {
    await server.close();
  }
}

/** What an aggregator says about its sources. */
const aggregatorFamilies = (): readonly Exposed[] => new AggregatorMetrics().toExposedFamilies([[1, 0.5]]);

/** What only a server says whose event loop is blocked. */
const blockedFamilies = (): readonly Exposed[] =>
  exposeLoop({ blockedSeconds: 1, method: ['Mailbox', 'send'] }, [], (name) => name.endsWith('_blocked_by'));

async function scrapeFamilies(families: readonly Exposed[]): Promise<string> {
  const { body } = await scrape({ exposedFamilies: async () => families }, { method: 'GET' });
  return text(body);
}

function useEveryFamily(recorder: PrometheusRecorder): void {
  const mailbox = attachRecorder(new Mailbox(), recorder);
  for (const to of ['ada@example.com', 'a', 'b', 'c']) mailbox.send(to);
  const steps = recorder.counter(defineCounter({ name: 'steps_total', help: 'Steps' }));
  steps.inc({}, -1);
  steps.inc({}, 1, { exemplar: { id: 'longer than any exemplar may be'.repeat(5) } });
  recorder.gauge(defineGauge({ name: 'depth', help: 'Depth' })).collect(() => 1);
  recorder.gauge(defineGauge({ name: 'lost', help: 'Lost' })).collect(() => Promise.reject(new Error('no value')));
}

/** One request that has every label: it matches a route, and fails. */
async function serveRequest(recorder: PrometheusRecorder): Promise<void> {
  const failing = (): never => {
    throw new Error('no database');
  };
  const application = new Koa().use(httpMetrics(recorder, { route: () => '/teams/:team' })).use(failing);
  application.silent = true;
  const server = application.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
  await new Promise((closed) => server.close(closed));
}

/** The families of a text exposition. */
export const familiesIn = (exposition: string): ObservedFamily[] =>
  read(exposition).map(({ name, type, samples }) => {
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    return { name, type, labels: [...labels].filter((label) => label !== 'le') };
  });

/** The values that a label of a family has. */
export function valuesIn(exposition: string, family: string, label: string): string[] {
  const samples = read(exposition).find(({ name }) => name === family)?.samples ?? [];
  return [...new Set(samples.flatMap(({ labels }) => labels[label] ?? []))];
}

const read = (exposition: string): ExposedFamily[] => [...readExposition(Buffer.from(exposition)).families.values()];
