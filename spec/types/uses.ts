import { Counter, Gauge, Histogram, Timed, InFlight, Instrumented, defineCounter, defineGauge, defineHistogram, outcome, instrumentFunction, instrumentMethod, type MetricsRecorder } from 'flowplane-metrics';
interface Cluster { name: string; tier: 'gold' | 'tin' }
type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const is = <A, B>(_x: Eq<A, B>) => {};
const g = defineGauge({ name: 'g', help: 'h', labels: { team: {}, kind: {} } });
const c = defineCounter({ name: 'c', help: 'h', labels: { team: {} } });
const hi = defineHistogram({ name: 'h', help: 'h', labels: { team: {} } });
abstract class Base<T> { @Counter({ name: 'b', help: 'h', labels: { outcome } }) protected generic(x: T): T { return x; } }
@Instrumented({ prefix: 'svc', labels: { region() { is<typeof this, Svc>(true); return this.region; }, zone: 'x' }, skip: ['skipMe'] })
export class Svc extends Base<number> {
  readonly region = 'eu';
  skipMe(): void {}
  @Gauge(g, { labels: { team: (t) => { is<typeof t, string>(true); return t; }, kind: 'row' }, value: (r) => { is<typeof r, Cluster[]>(true); return r.length; } })
  async a(team: string, page?: number): Promise<Cluster[]> { return []; }
  @Gauge({ name: 'x', help: 'h', labels: { big: (t, p) => { is<typeof p, bigint>(true); return p; }, team: { args: (t) => t, result: (r) => r[0]?.tier, oneOf: ['gold'] } }, value: (r) => { is<typeof r, Cluster[]>(true); return r.length; }, when: (r, t) => { is<typeof t, string>(true); return r.length > 0; } })
  async b(team: string, p: bigint): Promise<Cluster[]> { return []; }
  // when, by: no `on`
  @Counter({ name: 'x', help: 'h', when: (ok) => { is<typeof ok, boolean>(true); return !ok; }, by: (ok, t) => { is<typeof t, string>(true); return t.length; } })
  c1(t: string): boolean { return !!t; }
  @Counter({ name: 'x', help: 'h', on: 'returned', when: (ok) => { is<typeof ok, boolean>(true); return !ok; } })
  c2(t: string): boolean { return !!t; }
  @Counter({ name: 'x', help: 'h', on: 'threw', when: (e, t) => { is<typeof e, unknown>(true); is<typeof t, string>(true); return e instanceof Error; }, by: (e) => { is<typeof e, unknown>(true); return 1; } })
  c3(t: string): boolean { return !!t; }
  @Counter({ name: 'x', help: 'h', on: 'settled', when: (t) => { is<typeof t, string>(true); return t !== ''; } })
  c4(t: string): boolean { return !!t; }
  @Counter({ when: (e, t) => { is<typeof e, unknown>(true); is<typeof t, string>(true); return true; }, name: 'x', help: 'h', on: 'threw' })
  c5(t: string): Promise<boolean> { return Promise.resolve(!!t); }
  @Counter(c, { labels: { team: (t) => t }, on: 'threw', when: (e) => { is<typeof e, unknown>(true); return true; } })
  c6(t: string): Promise<boolean> { return Promise.resolve(!!t); }
  // stacked
  @Timed({ name: 't', help: 'h', labels: { tier: { result: (r) => { is<typeof r, Cluster>(true); return r.tier; }, error: (e) => (e instanceof Error ? e.name : 'x'), oneOf: ['gold', 'tin'] }, outcome, region: { args() { return this.region; } } } })
  @Counter({ name: 'n', help: 'h', labels: { n: (_a, ...rest) => { is<typeof rest, number[]>(true); return rest.length; } }, by: (r) => r.name.length, when: (r, d) => { is<typeof d, Date>(true); return r.name !== ''; } })
  @InFlight({ name: 'i', help: 'h', labels: { d: (d) => { is<typeof d, Date>(true); return d.toISOString(); }, e: { args: (d) => d.toISOString(), limit: 3 } } })
  @InFlight(g, { labels: { team: 'x', kind: { args: (d) => d.getTime() } } })
  one(d: Date, ...rest: number[]): Cluster { return { name: d.toISOString() + rest, tier: 'tin' }; }
  @Histogram({ name: 'hx', help: 'h', buckets: [1, 2], value: (r) => { is<typeof r, Uint8Array>(true); return r.byteLength; } })
  static async load(path: string): Promise<Uint8Array> { return new Uint8Array(path.length); }
  @Timed(hi, { labels: { team: (t) => { is<typeof t, string>(true); return t; } } })
  private async priv(t: string): Promise<void> {}
  // generic
  @Counter({ name: 'x', help: 'h', labels: { k: (k) => { is<typeof k, string>(true); return k; } }, by: (r) => r.length })
  gen<K extends string>(k: K, n: number): K[] { return [k]; }
  @Counter({ name: 'x', help: 'h', labels: { k: (x) => { is<typeof x, unknown>(true); return String(x); } } })
  gen2<T>(x: T): Promise<T> { return Promise.resolve(x); }
  // overloads
  ov(a: string): string; ov(a: number): number;
  @Counter({ name: 'x', help: 'h', labels: { k: (x) => String(x) } })
  ov(a: any): any { return a; }
  // optional/default/this-param/union/any
  @Counter({ name: 'x', help: 'h', labels: { k: (x = 'd') => x, y: (_x, y) => { is<typeof y, number | undefined>(true); return y; } } })
  opt(x?: string, y = 3): void {}
  @Counter({ name: 'x', help: 'h', labels: { k: { result: (r) => r } } })
  maybe(): string | Promise<string> { return 'x'; }
  @Counter({ name: 'x', help: 'h' })
  *it(a: string): Generator<string, number> { yield a; return 1; }
  @Counter({ name: 'x', help: 'h', labels: {} })
  none(): void {}
}


async function load(path: string): Promise<Cluster> { return { name: path, tier: 'tin' }; }
const f2 = instrumentFunction(load, Timed({ name: 'x', help: 'h', labels: { p: (p) => { is<typeof p, string>(true); return p; }, tier: { result: (r) => { is<typeof r, Cluster>(true); return r.tier; } } } }), Counter({ name: 'y', help: 'h', when: (r) => { is<typeof r, Cluster>(true); return true; } }));
is<typeof f2, typeof load>(true);
const withPolicies = defineGauge({ name: 'p', help: 'h', labels: { team: { limit: 500 }, kind: { oneOf: ['a', 'b'] } } });
class G {
  @Counter({ name: 'x', help: 'h', by: (n, a) => { is<typeof n, number>(true); is<typeof a, string>(true); return n; } })
  *it(a: string): Generator<string, number> { yield a; return 1; }
  @Gauge(withPolicies, { labels: { team: (t) => t, kind: { result: (n) => (n.tier === 'gold' ? 'a' : 'b') } }, value: (n) => { is<typeof n, Cluster>(true); return n.name.length; } })
  async *ait(t: string): AsyncGenerator<string, Cluster, undefined> { yield t; return { name: t, tier: 'tin' }; }
  @Counter({ name: 'x', help: 'h', on: 'settled', by: (batch) => { is<typeof batch, string[]>(true); return batch.length; } })
  drain(batch: string[]): void {}
}
const inline = instrumentFunction((a: string, b: number) => a.length + b, Counter({ name: 'x', help: 'h', labels: { a: (a) => { is<typeof a, string>(true); return a; } }, by: (r) => { is<typeof r, number>(true); return r; } }), InFlight({ name: 'y', help: 'h', labels: { b: (_a, b) => b } }));
is<typeof inline, (a: string, b: number) => number>(true);
// closed domains type their sites
const teamResources = defineGauge({ name: 'xds_team_resources_total', help: 'h', labels: { resource_type: { oneOf: ['cluster', 'route', 'listener'] }, team: { limit: 100 } } });
type ResourceType = 'cluster' | 'route' | 'listener';
export class Xds {
  @Gauge(teamResources, { labels: { resource_type: 'cluster', team: (t) => { is<typeof t, string>(true); return t; } }, value: (r) => { is<typeof r, Cluster[]>(true); return r.length; } })
  async listClustersByTeam(_team: string): Promise<Cluster[]> { return []; }
  @Gauge(teamResources, { labels: { resource_type: (_t, type) => { is<typeof type, ResourceType>(true); return type; }, team: (t) => t }, value: (r) => r.length })
  async list(_team: string, _type: ResourceType): Promise<Cluster[]> { return []; }
  @Timed() bare(_a: number): number { return 1; }
}
class Pool { query(_sql: string, _n?: number): Promise<{ rows: string[] }> { return Promise.resolve({ rows: [] }); } }
instrumentMethod(Pool.prototype, 'query', Timed({ name: 'q', help: 'h', labels: { s: (s) => { is<typeof s, string>(true); return s.slice(0, 3); }, n: { result: (r) => r.rows.length } } }), Counter({ name: 'c', help: 'h', when: (r) => r.rows.length > 0 }));
declare const recorder: MetricsRecorder;
recorder.counter(c).inc({ team: 'a' }); recorder.counter(c).inc({ team: 'a' }, 2); recorder.counter(defineCounter({ name: 'n', help: 'h' })).inc();
recorder.gauge(teamResources).set({ resource_type: 'route', team: 't' }, 3); recorder.histogram(hi).observe({ team: 1 }, 0.5);
@Instrumented() export class BareClass { go(): void {} }
// policies and initial label sets
export const policies = defineCounter({ name: 'p', help: 'h', labels: { a: { sensitive: 'drop' }, b: { hash: true }, c: { oneOf: ['x'] } }, initial: [{ a: 'a', b: 1, c: 'x' }] });
export const every = defineGauge({ name: 'p', help: 'h', labels: { c: { oneOf: ['x', 'y'] } }, initial: 'all' });
class Wanted {
  @Gauge({ name: 'x', help: 'h', labels: { k: { args: (k) => k, oneOf: ['a', 'b'] } }, initial: 'all', value: (n) => n })
  m(_k: 'a' | 'b'): number { return 1; }
}
// families without labels: with and without options
const hits = defineCounter({ name: 'h', help: 'h' }); const level = defineGauge({ name: 'l', help: 'h' }); const sizes = defineHistogram({ name: 's', help: 'h' });
export class Unlabelled {
  @Counter(hits) @Counter(hits, {}) @Counter(hits, { labels: {} }) @Counter(hits, { by: (r) => { is<typeof r, string>(true); return r.length; } })
  @Gauge(level, { value: (r) => { is<typeof r, string>(true); return r.length; } }) @Histogram(sizes, { value: (r, a) => { is<typeof a, string>(true); return r.length; } })
  @Timed(sizes) @Timed(sizes, {}) @Timed(sizes, { on: 'threw' }) @InFlight(level) @InFlight(level, {})
  m(_a: string): string { return 'x'; }
}
const countedLoad = instrumentFunction(load, Counter(hits), Timed(sizes), Timed()); is<typeof countedLoad, typeof load>(true);
instrumentMethod(Pool.prototype, 'query', InFlight(level), Counter(hits, { when: (r) => r.rows.length > 0 }));
