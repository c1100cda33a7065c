import { createRequire } from 'node:module';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from 'flowplane-metrics';
import { ours } from './measurement.js';

const require = createRequire(new URL('../../bench/package.json', import.meta.url));

/** The clients that the typical service is built with, beside ours. */
export const peers = ['prom-client', '@prometheus-io/client'];

// biome-ignore lint/suspicious/noExplicitAny: prom-client and its successor have the same names, but not the same types.
type PeerClient = any;

export const loadPeer = (name: string): PeerClient => require(name);

/** A row's clients: ours, and each peer by the same measurement. */
export const clientsOf = <T>(own: T, ofPeer: (peer: string) => T): Readonly<Record<string, T>> => ({
  [ours]: own,
  ...Object.fromEntries(peers.map((peer) => [peer, ofPeer(peer)])),
});

const counters = Array.from({ length: 18 }, (_, i) => `jobs_${i}_total`);
const gauges = Array.from({ length: 9 }, (_, i) => `depth_${i}`);
const histograms = Array.from({ length: 3 }, (_, i) => `latency_${i}_seconds`);
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const help = 'What a family of a typical service says of itself';

/**
 * Label values of so many series for each counter and gauge. A histogram has a sixth of that, and each of its label sets
 * has 14 series.
 */
const routesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `/teams/:team/resources/${i}`);

/** 30 families. With 30 routes they have 1,020 series, with 150 routes 5,100, with none they are only declared. */
export function ourService(routeCount: number, recorder = new PrometheusRecorder()): PrometheusRecorder {
  const routes = routesOf(routeCount);
  const fewer = routes.slice(0, routeCount / 6);
  const labels = { team: {}, route: {} };
  for (const name of counters) {
    const counter = recorder.counter(defineCounter({ name, help, labels }));
    for (const route of routes) counter.inc({ team: 'payments', route });
  }
  for (const name of gauges) {
    const gauge = recorder.gauge(defineGauge({ name, help, labels }));
    for (const route of routes) gauge.set({ team: 'payments', route }, route.length);
  }
  for (const name of histograms) {
    const histogram = recorder.histogram(defineHistogram({ name, help, labels, buckets }));
    for (const route of fewer) histogram.observe({ team: 'payments', route }, 0.3);
  }
  return recorder;
}

/** The same with a peer. */
export function theirService({ Registry, Counter, Gauge, Histogram }: PeerClient, routeCount: number): PeerClient {
  const registry = new Registry();
  const routes = routesOf(routeCount);
  const fewer = routes.slice(0, routeCount / 6);
  const of = (name: string) => ({ name, help, labelNames: ['team', 'route'], registers: [registry] });
  for (const name of counters) {
    const counter = new Counter(of(name));
    for (const route of routes) counter.inc({ team: 'payments', route });
  }
  for (const name of gauges) {
    const gauge = new Gauge(of(name));
    for (const route of routes) gauge.set({ team: 'payments', route }, route.length);
  }
  for (const name of histograms) {
    const histogram = new Histogram({ ...of(name), buckets });
    for (const route of fewer) histogram.observe({ team: 'payments', route }, 0.3);
  }
  return registry;
}
