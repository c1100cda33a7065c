import { Counter, Gauge, Histogram, Timed, InFlight, Instrumented, defineCounter, defineGauge, outcome, instrumentFunction, instrumentMethod, type MetricsRecorder } from 'flowplane-metrics';
interface Cluster { name: string; tier: 'gold' | 'tin' }
const g = defineGauge({ name: 'g', help: 'h', labels: { team: {}, kind: {} } });
const c = defineCounter({ name: 'c', help: 'h', labels: { team: {} } });
@Instrumented({ skip: ['nope'] })
export class Bad {
  // 01 value missing
  @Gauge({ name: 'x', help: 'h' })
  m01(): number { return 1; }
  // 02 value missing with family
  @Gauge(g, { labels: { team: 'a', kind: 'b' } })
  m02(): number { return 1; }
  // 03 label missing with family
  @Gauge(g, { labels: { team: (t) => t }, value: (r) => r.length })
  m03(team: string): Cluster[] { return []; }
  // 04 in-flight with result
  @InFlight({ name: 'x', help: 'h', labels: { d: { result: () => 'x' } } })
  m04(): void {}
  // 05 in-flight with outcome
  @InFlight({ name: 'x', help: 'h', labels: { outcome } })
  m05(): void {}
  // 06 when with on threw reads result
  @Counter({ name: 'x', help: 'h', on: 'threw', when: (ok) => ok.length > 0 })
  m06(): string { return ''; }
  // 07 by reading result with settled
  @Counter({ name: 'x', help: 'h', on: 'settled', by: (r) => r.length })
  m07(): string { return ''; }
  // 08 misspelled property of result
  @Gauge({ name: 'x', help: 'h', value: (r) => r.lenght })
  async m08(): Promise<Cluster[]> { return []; }
  // 09 async value
  @Gauge({ name: 'x', help: 'h', value: async (r) => r.length })
  async m09(): Promise<Cluster[]> { return []; }
  // 10 Date label
  @Counter({ name: 'x', help: 'h', labels: { d: (d) => d } })
  m10(d: Date): void {}
  // 11 misspelled option
  @Counter({ name: 'x', help: 'h', label: {} })
  m11(): void {}
  // 12 counter on a gauge family
  @Counter(g, { labels: { team: 'a', kind: 'b' } })
  m12(): void {}
  // 13 gauge on counter family
  @Gauge(c, { labels: { team: 'a' }, value: 1 })
  m13(): void {}
  // 14 buckets on shared family
  @Counter(c, { labels: { team: 'a' }, name: 'again' })
  m14(): void {}
  // 15 wrong on
  @Counter({ name: 'x', help: 'h', on: 'throws' })
  m15(): void {}
  // 16 getter
  @Counter({ name: 'x', help: 'h' })
  get m16(): number { return 1; }
  // 17 field
  @Counter({ name: 'x', help: 'h' })
  m17 = () => 1;
  // 18 reslt
  @Timed({ name: 'x', help: 'h', labels: { tier: { reslt: (r) => r.tier } } })
  m18(team: string): Cluster { return { name: team, tier: 'tin' }; }
  // 19 this
  @Counter({ name: 'x', help: 'h', labels: { a: { args() { return this.nope; } } } })
  m19(): void {}
  // 20 label returns promise
  @Counter({ name: 'x', help: 'h', labels: { a: async (t) => t } })
  m20(t: string): void {}
}
async function load(path: string): Promise<Cluster> { return { name: path, tier: 'tin' }; }
// 22 a policy on a shared family
class More {
  @Gauge(g, { labels: { team: 'x', kind: { args: () => 'y', hash: true } }, value: 1 })
  m22(): void {}
}
// 23 policy for an unknown label
export const bad23 = defineGauge({ name: 'p', help: 'h', labels: { team: { limti: 5 } } });
// 21
export const f = instrumentFunction(load, Timed({ name: 'x', help: 'h', labels: { p: (p) => p.nope } }));
const teamResources = defineGauge({ name: 'xds_team_resources_total', help: 'h', labels: { resource_type: { oneOf: ['cluster', 'route'] }, team: {} } });
class Domains {
  // 24 a constant outside the domain
  @Gauge(teamResources, { labels: { resource_type: 'cluser', team: 'x' }, value: 1 })
  m24(): void {}
  // 25 a plain string into a closed domain
  @Gauge(teamResources, { labels: { resource_type: (t) => t, team: 'x' }, value: 1 })
  m25(_t: string): void {}
}
class Pool { query(_sql: string): Promise<{ rows: string[] }> { return Promise.resolve({ rows: [] }); } }
// 26 no such method
instrumentMethod(Pool.prototype, 'quer', Timed());
// 27 a reader of another type
instrumentMethod(Pool.prototype, 'query', Timed({ name: 'q', help: 'h', labels: { s: (s: Date) => s.getTime() } }));
declare const recorder: MetricsRecorder;
// 28 misspelled label by hand
recorder.counter(c).inc({ tean: 'a' });
// 29 outside the domain by hand
recorder.gauge(teamResources).set({ resource_type: 'x', team: 'y' }, 1);
class Values {
  // 30 an array
  @Counter({ name: 'x', help: 'h', labels: { a: (a) => [a] } })
  m30(_a: string): void {}
  // 31 an object
  @Counter({ name: 'x', help: 'h', labels: { a: (a) => ({ a }) } })
  m31(_a: string): void {}
  // 32 a symbol
  @Counter({ name: 'x', help: 'h', labels: { a: () => Symbol('a') } })
  m32(): void {}
  // 33 a function
  @Counter(c, { labels: { team: () => () => 'a' } })
  m33(): void {}
  // 34 a promise among the readers of the result
  @Counter(c, { labels: { team: { result: async (r) => r } } })
  m34(): string { return 'a'; }
}
// 35 a Date by hand
recorder.counter(c).inc({ team: new Date() });
// 36 an array by hand
recorder.counter(c).inc({ team: ['a'] });
// 37 a promise by hand
recorder.counter(c).inc({ team: Promise.resolve('a') });
// 38 an initial label set without a label
export const bad38 = defineGauge({ name: 'p', help: 'h', labels: { team: {}, kind: {} }, initial: [{ team: 'a' }] });
// 39 an initial value outside the domain
export const bad39 = defineGauge({ name: 'p', help: 'h', labels: { kind: { oneOf: ['a', 'b'] } }, initial: [{ kind: 'c' }] });
// 40 a policy that there is not
export const bad40 = defineGauge({ name: 'p', help: 'h', labels: { kind: { sensitive: 'hide' } } });
const hits = defineCounter({ name: 'h', help: 'h' });
class Unlabelled {
  // 41 a family with labels and nothing else
  @Counter(c)
  m41(): void {}
  // 42 a label of a family without labels
  @Counter(hits, { labels: { team: 'x' } })
  m42(): void {}
  // 43 a family with labels and no options in flight
  @InFlight(g)
  m43(): void {}
  // 44 a family with labels and empty options
  @Counter(c, {})
  m44(): void {}
  // 45 a gauge without a value
  @Gauge(defineGauge({ name: 'l', help: 'h' }))
  m45(): void {}
}
