import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import type * as promClient from 'prom-client';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  type MetricsError,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
  Timed,
} from '../../lib/index.js';
import { needs } from '../needs.js';
import { depth, generations, jobs, wait } from './registries.js';

const openMetrics = 'application/openmetrics-text';

/** What a text says of each series: labels in any order, without the empty ones. */
function readSeries(shown: string): string[] {
  const lines = shown.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].filter(([, , text]) => text !== '');
      return `${name}{${pairs.map(([pair]) => pair).sort()}} ${value}`;
    })
    .sort();
}

const seriesOf = (samples: readonly string[]): string[] => samples.map((sample) => sample.replace(/ \S+$/, ''));

for (const [generation, load] of generations)
  describe(`A registry of ${generation} that a recorder shares`, () => {
    let client: typeof promClient;
    let registry: promClient.Registry;
    let recorder: PrometheusRecorder;
    let told: MetricsError[];

    const make = (options: PrometheusRecorderOptions = {}) =>
      new PrometheusRecorder({ registry, onError: (error) => told.push(error), onAdvice: () => undefined, ...options });
    const scraped = async (accept = 'text/plain'): Promise<string> => {
      const { status, body } = await scrape(recorder, { method: 'GET', accept });
      expect(status).to.equal(200);
      return (await text(body)).replace(/(?:# \w+ |)flowplane_metrics_.*\n/g, '');
    };
    const openRegistry = (): promClient.Registry =>
      Reflect.construct(client.Registry, [client.Registry.OPENMETRICS_CONTENT_TYPE]);

    before(function () {
      if (generation !== 'prom-client') needs(this, generation);
      client = load();
    });

    beforeEach(() => {
      told = [];
      registry = new client.Registry();
      recorder = make();
    });

    describe('changed by its owner', () => {
      beforeEach(() => {
        recorder.counter(jobs).inc({ queue: 'mail' });
        recorder.gauge(depth).set({}, 7);
      });

      it('keeps a metric removed that removeSingleMetric() has removed, in both expositions', async () => {
        registry.removeSingleMetric('jobs_total');
        for (let i = 0; i < 2; i++) {
          expect(await scraped())
            .to.contain('\ndepth 7\n')
            .and.not.contain('jobs_total');
          expect(await registry.metrics())
            .to.contain('\ndepth 7\n')
            .and.not.contain('jobs_total');
        }
        expect(told).to.deep.equal([]);
      });

      it('keeps it removed after a later clear(), and shows it once it is registered again', async () => {
        const removed = registry.getSingleMetric('jobs_total');
        registry.removeSingleMetric('jobs_total');
        await scraped();
        registry.clear();
        expect(await scraped())
          .to.contain('\ndepth 7\n')
          .and.not.contain('jobs_total');
        registry.registerMetric(removed as never);
        expect(await scraped()).to.contain('\njobs_total{queue="mail"} 1\n');
      });

      it('shows the metric that takes the name of a removed one, and tells it once', async () => {
        registry.removeSingleMetric('jobs_total');
        new client.Counter({ name: 'jobs_total', help: 'Mine', registers: [registry] }).inc(5);
        for (let i = 0; i < 2; i++)
          expect(await scraped())
            .to.contain('\njobs_total 5\n')
            .and.contain('\ndepth 7\n');
        expect(told.map(({ code, message }) => [code, message])).to.deep.equal([
          [
            'collector_failed',
            `the collector of "jobs_total": a scrape does not have "jobs_total" (another metric has its name, and this recorder's was removed from the registry). Give one of them another name.`,
          ],
        ]);
      });

      it('costs that one metric when a name is taken after clear(), tells it once, and gets it back', async () => {
        registry.clear();
        new client.Counter({ name: 'jobs_total', help: 'Mine', registers: [registry] }).inc(5);
        for (let i = 0; i < 3; i++) {
          expect(await scraped())
            .to.contain('\njobs_total{queue="mail"} 1\n')
            .and.contain('\ndepth 7\n');
          expect(await registry.metrics())
            .to.contain('\njobs_total 5\n')
            .and.contain('\ndepth 7\n');
        }
        expect(told.map(({ code }) => code)).to.deep.equal(['collector_failed']);
        registry.removeSingleMetric('jobs_total');
        await scraped();
        expect(await registry.metrics()).to.contain('\njobs_total{queue="mail"} 1\n');
      });

      it('gets families back after clear() that were opened before and after it', async () => {
        registry.clear();
        recorder.histogram(wait).observe({}, 0.5);
        await scraped();
        expect(readSeries(await registry.metrics())).to.deep.equal(readSeries(await scraped()));
        expect(await scraped())
          .to.contain('\njobs_total{queue="mail"} 1\n')
          .and.contain('\nwait_seconds_count 1\n');
      });

      it('takes a registry of another shape for cleared where all families are lost at once', async () => {
        registry = new client.Registry();
        const { _metrics: _, ...hidden } = { ...registry } as Record<string, unknown>;
        const shell = {
          ...hidden,
          getMetricsAsArray: () => registry.getMetricsAsArray(),
          getSingleMetric: (name: string) => registry.getSingleMetric(name),
          registerMetric: (metric: never) => registry.registerMetric(metric),
        };
        recorder = make({ registry: shell });
        recorder.counter(jobs).inc({ queue: 'mail' });
        recorder.gauge(depth).set({}, 7);
        registry.clear();
        expect(await scraped())
          .to.contain('jobs_total{')
          .and.contain('\ndepth 7\n');
        registry.removeSingleMetric('jobs_total');
        expect(await scraped())
          .to.contain('\ndepth 7\n')
          .and.not.contain('jobs_total{');
      });
    });

    describe('with default labels that metrics have too', () => {
      const tenants = defineCounter({ name: 'tenants_total', help: 'Tenants', labels: { t: {}, u: {} } });
      const sizes = defineHistogram({ name: 'sizes', help: 'Sizes', labels: { t: {} }, buckets: [1] });

      it('has no series twice, and the same ones in both expositions', async () => {
        registry.setDefaultLabels({ t: 'd', zone: 'eu' });
        for (const t of ['', 'd', 'e']) {
          recorder.counter(tenants).inc({ t, u: '' });
          recorder.histogram(sizes).observe({ t }, 0.5);
        }
        const theirs = readSeries(await registry.metrics());
        expect(theirs).to.deep.equal(readSeries(await scraped()));
        expect(new Set(seriesOf(theirs)).size).to.equal(theirs.length);
      });

      it('has no series twice in a scrape where a metric of the client has one with and one without the label', async () => {
        registry.setDefaultLabels({ t: 'd', zone: 'eu' });
        const registers = [registry];
        const theirs = new client.Counter({ name: 'theirs_total', help: 'Theirs', labelNames: ['t', 'u'], registers });
        theirs.inc({ u: '1' });
        theirs.inc({ t: 'd', u: '1' });
        theirs.inc({ u: '2' });
        const shown = readSeries(await scraped());
        expect(shown).to.deep.equal([
          'theirs_total{t="d",u="1",zone="eu"} 1',
          'theirs_total{t="d",u="2",zone="eu"} 1',
          'theirs_total{u="1",zone="eu"} 1',
        ]);
      });
    });

    it('costs only its own metrics when it is broken, or has default labels that would break a scrape', async () => {
      recorder.histogram(wait).observe({}, 0.5);
      registry.setDefaultLabels({ 'not-legal': 'x', le: '1', quantile: '1', zone: 'eu' } as never);
      new client.Histogram({ name: 'theirs', help: 'Theirs', buckets: [1], registers: [registry] }).observe(2);
      const shown = await scraped();
      expect(shown).to.contain('\ntheirs_count{zone="eu"} 1\n').and.contain('\nwait_seconds_count{zone="eu"} 1\n');
      expect(shown).to.not.match(/not-legal|quantile|_count\{.*le=/);
      registry.setDefaultLabels(null as never);
      expect(await scraped()).to.contain('\nwait_seconds_count 1\n');
      registry.getMetricsAsArray = () => {
        throw new Error('no registry');
      };
      for (let i = 0; i < 2; i++) expect(await scraped()).to.contain('\nwait_seconds_count 1\n');
      expect(told.map(({ code, message }) => [code, /no registry/.test(message)])).to.deep.equal([
        ['collector_failed', true],
      ]);
    });

    describe('as the reader of families', () => {
      it('shows no series that has expired, in metrics(), getMetricsAsJSON() and getSingleMetricAsString()', async () => {
        const sessions = defineGauge({
          name: 'sessions',
          help: 'Sessions',
          labels: { id: {} },
          expireAfterSeconds: 60,
        });
        const ways = [
          () => registry.metrics(),
          async () => JSON.stringify(await registry.getMetricsAsJSON()),
          () => registry.getSingleMetricAsString('sessions'),
        ];
        for (const read of ways) {
          let now = 0;
          registry.clear();
          recorder = make({ clock: () => now });
          recorder.gauge(sessions).set({ id: 'a' }, 1);
          expect(await read()).to.contain('"a"');
          now = 59;
          expect(await read()).to.contain('"a"');
          now = 60;
          expect(await read()).to.not.contain('"a"');
        }
      });

      it('counts no series in cardinality() that has expired', () => {
        let now = 0;
        recorder = make({ clock: () => now, registry: new client.Registry() });
        const family = defineCounter({ name: 'hits_total', help: 'Hits', labels: { id: {} }, expireAfterSeconds: 60 });
        recorder.counter(family).inc({ id: 'a' });
        expect(recorder.cardinality()[0]?.series).to.equal(1);
        now = 60;
        expect(recorder.cardinality()[0]?.series).to.equal(0);
      });

      it('resets what has no labels to 0, and removes all other series, as the client does', async () => {
        recorder.gauge(depth).set({}, 7);
        recorder.counter(jobs).inc({ queue: 'mail' });
        const done = defineCounter({ name: 'done_total', help: 'Done' });
        recorder.counter(done).inc();
        registry.resetMetrics();
        expect(readSeries(await scraped())).to.deep.equal(['depth{} 0', 'done_total{} 0']);
      });

      it('gets bounds as numbers in getMetricsAsJSON(), as from a histogram of the client', async () => {
        const bounds = [0.1, 1, 1e6];
        const buckets = { name: 'theirs', help: 'Theirs', buckets: bounds, registers: [registry] };
        new client.Histogram(buckets).observe(0.5);
        recorder.histogram(defineHistogram({ name: 'ours', help: 'Ours', buckets: bounds })).observe({}, 0.5);
        const [theirs, ours] = (await registry.getMetricsAsJSON()) as { values: { labels: { le?: unknown } }[] }[];
        expect(ours?.values.map(({ labels }) => labels.le)).to.deep.equal(
          theirs?.values.map(({ labels }) => labels.le),
        );
        expect(await registry.metrics()).to.contain('\nours_bucket{le="1e+06"} 1\n');
      });

      it('finds metrics that work: getSingleMetric() of each kind', async () => {
        recorder.open(jobs);
        recorder.open(depth);
        recorder.open(wait);
        const find = <T>(name: string): T => registry.getSingleMetric(name) as never;
        const counter = find<promClient.Counter<'queue'>>('jobs_total');
        counter.inc({ queue: 'mail' });
        counter.inc({ queue: 'mail' }, 2);
        counter.labels('mail').inc(3);
        counter.labels({ queue: 'chat' }).inc();
        const gauge = find<promClient.Gauge>('depth');
        gauge.set(5);
        gauge.inc();
        gauge.inc(3);
        gauge.dec({}, 2);
        const histogram = find<promClient.Histogram>('wait_seconds');
        histogram.observe(0.05);
        histogram.observe({}, 0.5);
        histogram.startTimer()();
        const shown = readSeries(await scraped());
        expect(shown).to.include.members(['jobs_total{queue="mail"} 6', 'jobs_total{queue="chat"} 1', 'depth{} 7']);
        expect(shown).to.include('wait_seconds_count{} 3');
        counter.remove('mail');
        counter.remove({ queue: 'chat' });
        gauge.setToCurrentTime();
        expect(seriesOf(readSeries(await scraped()))).to.not.include('jobs_total{queue="mail"}');
        expect(await scraped()).to.match(/\ndepth 1\d{9}/);
        counter.inc({ queue: 'mail' }, -1);
        expect(told.map(({ code }) => code)).to.deep.equal(['negative_step']);
      });

      it('finds metrics that a decorator may record into', async () => {
        recorder.open(jobs);
        const counter = registry.getSingleMetric('jobs_total') as unknown as promClient.Counter<'queue'>;
        class Service {
          @Counter(counter, { labels: { queue: 'mail' } })
          work(): void {}
        }
        attachRecorder(new Service(), recorder).work();
        expect(await scraped()).to.contain('\njobs_total{queue="mail"} 1\n');
      });
    });

    it('keeps the names of its counters in our text once it was written as OpenMetrics', async () => {
      const registers = [registry];
      new client.Counter({ name: 'orders_total', help: 'Orders', registers }).inc(3);
      new client.Counter({ name: 'done', help: 'Done', registers }).inc(2);
      recorder.counter(jobs).inc({ queue: 'mail' });
      const before = await scraped();
      registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE as never);
      await registry.metrics();
      registry.setContentType(client.Registry.PROMETHEUS_CONTENT_TYPE as never);
      expect(await scraped())
        .to.equal(before)
        .and.to.contain('\norders_total 3\n')
        .and.contain('\ndone 2\n');
      expect(await scraped(openMetrics))
        .to.contain('# TYPE orders counter\n')
        .and.contain('\norders_total 3\n');
      registry.clear();
      expect(await scraped()).to.contain('\njobs_total{queue="mail"} 1\n');
      expect(registry.getSingleMetric('jobs_total')).to.be.an('object');
    });

    describe('changed by its owner in any order', () => {
      const names = ['a', 'b', 'c_total', 'd_total'] as const;
      const families = names.map((name) => {
        const options = { name, help: `Ours, ${name}`, labels: { t: {} }, advice: false } as const;
        return name.endsWith('_total') ? defineCounter(options) : defineGauge(options);
      });
      type Change = (i: number) => unknown;
      const changes: Readonly<Record<string, Change>> = {
        open: (i) => {
          const family = families[i];
          for (const t of ['', 'd', 'e']) {
            if (family?.kind === 'counter') recorder.counter(family).inc({ t }, i + 1);
            else if (family?.kind === 'gauge') recorder.gauge(family).set({ t }, i + 1);
          }
        },
        clear: () => registry.clear(),
        remove: (i) => registry.removeSingleMetric(names[i] as string),
        register: (i) => {
          const name = names[i] as string;
          if (registry.getSingleMetric(name) !== undefined) return;
          const options = { name, help: `Theirs, ${name}`, registers: [registry] };
          if (name.endsWith('_total')) new client.Counter(options).inc(100);
          else new client.Gauge(options).set(100);
        },
        'set default labels': () => registry.setDefaultLabels({ t: 'd', zone: 'eu' }),
        'write as OpenMetrics': async () => {
          registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE as never);
          await registry.metrics();
          registry.setContentType(client.Registry.PROMETHEUS_CONTENT_TYPE as never);
        },
        reset: () => registry.resetMetrics(),
      };
      /** The series of all names that one side has for itself. */
      const undisputed = (shown: string): string[] => {
        const isOurs = (name: string) =>
          /^Ours/.test((registry.getSingleMetric(name) as { help?: string })?.help ?? '');
        const opened = new Set(recorder.openFamilies().map(({ name }) => name));
        return readSeries(shown).filter((series) => {
          const name = series.slice(0, series.indexOf('{'));
          return !opened.has(name) || isOurs(name);
        });
      };

      it('answers every scrape, has no series twice, and agrees with its metrics() on what is nobody else’s', async () => {
        const story = fc.array(fc.tuple(fc.constantFrom(...Object.keys(changes)), fc.nat(3)), { maxLength: 12 });
        await fc.assert(
          fc.asyncProperty(story, async (steps) => {
            registry = new client.Registry();
            recorder = make();
            for (const [change, i] of steps) {
              await changes[change]?.(i);
              const shown = readSeries(await scraped());
              expect(new Set(seriesOf(shown)).size).to.equal(shown.length);
            }
            await scraped();
            // Why the names of the client's own counters are left out: it has lost the ending of some for good.
            const named = (await registry.metrics()).replace(/^([cd])(?=[ {])/gm, '$1_total');
            expect(undisputed(await scraped())).to.deep.equal(undisputed(named));
          }),
          { numRuns: 60 },
        );
      });
    });

    describe('with exemplars of its metrics', () => {
      const counted = { trace_id: 'c"1' };
      const measured = { trace_id: 'h1', span_id: 's1' };

      beforeEach(() => {
        registry = openRegistry();
        recorder = make();
        const common = { help: 'Theirs', registers: [registry], enableExemplars: true, labelNames: ['team'] as const };
        const counter = new client.Counter({ ...common, name: 'orders_total' });
        counter.inc({ labels: { team: 'a' }, value: 2, exemplarLabels: counted as never });
        const histogram = new client.Histogram({ ...common, name: 'took_seconds', buckets: [0.1, 1] });
        histogram.observe({ labels: { team: 'a' }, value: 0.5, exemplarLabels: measured as never });
        histogram.observe({ labels: { team: 'a' }, value: 5, exemplarLabels: { trace_id: 'h2' } as never });
      });

      it('writes them in OpenMetrics, as the registry does, and never in the text format', async () => {
        const ours = await scraped(openMetrics);
        expect(ours).to.match(/\norders_total\{team="a"\} 2 # \{trace_id="c\\"1"\} 2 \d+(\.\d+)?\n/);
        expect(ours).to.match(
          /\ntook_seconds_bucket\{team="a",le="1\.0"\} 1 # \{trace_id="h1",span_id="s1"\} 0\.5 \d+(\.\d+)?\n/,
        );
        expect(ours).to.match(/\ntook_seconds_bucket\{team="a",le="\+Inf"\} 2 # \{trace_id="h2"\} 5 \d+(\.\d+)?\n/);
        expect(ours.match(/ # \{/g)).to.have.length((await registry.metrics()).match(/ # \{/g)?.length ?? 0);
        expect(await scraped()).to.not.contain(' # {');
      });

      it('writes none that OpenMetrics does not allow: on a counter without _total, of more than 128 characters', async () => {
        registry.setContentType(client.Registry.PROMETHEUS_CONTENT_TYPE as never);
        const exemplar = (labelSet: object) => ({ labelSet, value: 1, timestamp: 1 });
        const counter = (name: string, labelSet: object) => ({
          name,
          get: async () => ({
            name,
            help: name,
            type: 'counter',
            values: [{ value: 1, labels: {}, exemplar: exemplar(labelSet) }],
          }),
        });
        registry.registerMetric(counter('bare', { trace_id: 'x' }) as never);
        registry.registerMetric(counter('long_total', { trace_id: '😀'.repeat(121) }) as never);
        registry.registerMetric(counter('fitting_total', { trace_id: '😀'.repeat(120), 'not legal': 'x' }) as never);
        const shown = await scraped(openMetrics);
        expect(shown).to.contain('\nbare 1\n').and.contain('\nlong_total 1\n');
        expect(shown).to.contain(`\nfitting_total 1 # {trace_id="${'😀'.repeat(120)}"} 1 1\n`);
      });

      it('lets decorators record into such metrics', async () => {
        const common = { help: 'Theirs', registers: [registry], enableExemplars: true, labelNames: ['team'] as const };
        const calls = new client.Counter({ ...common, name: 'calls_total' });
        const seconds = new client.Histogram({ ...common, name: 'calls_seconds', buckets: [1] });
        class Service {
          @Counter(calls, { labels: { team: 'b' } })
          @Timed(seconds, { labels: { team: 'b' } })
          work(): void {}
        }
        attachRecorder(new Service(), recorder).work();
        const shown = await scraped(openMetrics);
        expect(shown).to.contain('\ncalls_total{team="b"} 1\n').and.contain('\ncalls_seconds_count{team="b"} 1\n');
      });
    });
  });
