import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type * as promClient from 'prom-client';
import {
  defineGauge,
  type MetricsError,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
} from '../../lib/index.js';
import { needs } from '../needs.js';
import { depth, generations, jobs, wait } from './registries.js';

for (const [generation, load] of generations)
  describe(`A recorder with a registry of ${generation}`, () => {
    let client: typeof promClient;
    let registry: promClient.Registry;
    let recorder: PrometheusRecorder;
    let told: MetricsError[];

    const make = (options: PrometheusRecorderOptions = {}) =>
      new PrometheusRecorder({ registry, onError: (error) => told.push(error), ...options });
    const scraped = async (accept = 'text/plain', timeout = '10'): Promise<string> => {
      const { body } = await scrape(recorder, { method: 'GET', accept, timeout });
      return (await text(body)).replace(/(?:# \w+ |)flowplane_metrics_.*\n/g, '');
    };

    before(function () {
      if (generation !== 'prom-client') needs(this, generation);
      client = load();
    });

    beforeEach(() => {
      told = [];
      registry = new client.Registry();
      recorder = make();
    });

    describe('with its families in that registry', () => {
      beforeEach(() => {
        recorder.counter(jobs).inc({ queue: 'a"b' }, 2);
        recorder.gauge(depth).set({}, 7);
        recorder.histogram(wait).observe({}, 0.5);
      });

      it('shows in metrics() of the registry what a scrape shows', async () => {
        const theirs = (await registry.metrics()).split('\n').filter((line) => line !== '');
        const ours = (await scraped()).split('\n').filter((line) => line !== '');
        expect(theirs).to.deep.equal(ours);
      });

      it('shows its families in getMetricsAsJSON() and in the aggregation of a cluster', async () => {
        const json = await registry.getMetricsAsJSON();
        expect(json.map(({ name, aggregator }) => [name, aggregator])).to.deep.equal([
          ['jobs_total', 'sum'],
          ['depth', 'max'],
          ['wait_seconds', 'sum'],
        ]);
        const merged = await client.AggregatorRegistry.aggregate([json, structuredClone(json)]).metrics();
        expect(merged).to.contain('jobs_total{queue="a\\"b"} 4\n').and.to.contain('\ndepth 7\n');
        expect(merged).to.contain('wait_seconds_bucket{le="1"} 2\n').and.to.contain('wait_seconds_count 2');
      });

      it('shows the right names in an OpenMetrics registry too', async () => {
        const { Registry } = client;
        const open: promClient.Registry = Reflect.construct(Registry, [Registry.OPENMETRICS_CONTENT_TYPE]);
        const second = new PrometheusRecorder({ registry: open });
        second.counter(jobs).inc({ queue: 'mail' });
        for (let i = 0; i < 2; i++) expect(await open.metrics()).to.contain('\njobs_total{queue="mail"} 1\n');
        const { body } = await scrape(second, { method: 'GET' });
        expect(await text(body)).to.contain('\njobs_total{queue="mail"} 1\n');
      });

      it('registers its families again at the next scrape after the registry was cleared', async () => {
        registry.clear();
        expect(await scraped()).to.contain('depth 7\n');
        expect(await registry.metrics()).to.contain('depth 7\n');
      });

      it('resets its families when the registry resets its metrics', async () => {
        registry.resetMetrics();
        expect(await scraped()).to.not.contain('jobs_total{');
      });
    });

    describe('with other metrics in that registry', () => {
      it('exposes them in every format, correctly named and escaped', async () => {
        new client.Counter({ name: 'orders_total', help: 'Orders', labelNames: ['id'], registers: [registry] }).inc({
          id: 'x\n"\\',
        });
        new client.Counter({ name: 'done', help: 'Done', registers: [registry] }).inc(2);
        new client.Histogram({ name: 'size_bytes', help: 'Size', buckets: [1, 2.5], registers: [registry] }).observe(2);
        new client.Summary({ name: 'age_seconds', help: 'Age', percentiles: [0.5], registers: [registry] }).observe(3);
        const expected = [
          'orders_total{id="x\\n\\"\\\\"} 1',
          'done 2',
          'size_bytes_bucket{le="1"} 0',
          'size_bytes_sum 2',
          'size_bytes_count 1',
          'age_seconds{quantile="0.5"} 3',
        ];
        expect((await scraped()).split('\n')).to.include.members(expected);
        const openMetrics = (await scraped('application/openmetrics-text')).split('\n');
        expect(openMetrics).to.include.members([
          ...expected.filter((line) => !line.includes('le="1"')),
          'size_bytes_bucket{le="1.0"} 0',
          '# TYPE orders counter',
          '# TYPE done unknown',
        ]);
      });

      it('omits labels that would break a scrape: a newline in an object, an illegal name', async () => {
        const gauge = new client.Gauge({
          name: 'hostile',
          help: 'Hostile',
          labelNames: ['a', '__name__'],
          registers: [registry],
        });
        gauge.set({ a: ['x\ny 1'] as never, __name__: 'forged' }, 5);
        expect(await scraped()).to.contain('\nhostile 5\n');
      });

      it('exposes the labels le and quantile of a gauge and a counter of the client as they are', async () => {
        const labelNames = ['le', 'quantile'];
        const labels = { le: 'x', quantile: '0.50' };
        new client.Gauge({ name: 'bounded', help: 'Bounded', labelNames, registers: [registry] }).set(labels, 1);
        new client.Counter({ name: 'bounded_total', help: 'Bounded', labelNames, registers: [registry] }).inc(labels);
        for (const accept of ['text/plain', 'application/openmetrics-text']) {
          expect(await scraped(accept))
            .to.contain('\nbounded{le="x",quantile="0.50"} 1\n')
            .and.contain('\nbounded_total{le="x",quantile="0.50"} 1\n');
        }
      });

      it("exposes the registry's default labels on every family, whose own labels win", async () => {
        registry.setDefaultLabels({ service: 'shop', queue: 'default' });
        new client.Counter({ name: 'orders_total', help: 'Orders', registers: [registry] }).inc();
        recorder.counter(jobs).inc({ queue: 'mail' });
        const shown = await scraped();
        expect(shown).to.contain('orders_total{service="shop",queue="default"} 1\n');
        expect(shown).to.match(/jobs_total\{(service="shop",queue="mail"|queue="mail",service="shop")\} 1\n/);
        expect(await registry.metrics()).to.contain('service="shop"');
      });

      it('omits a metric that clashes with its own family, counts it and reports it once', async () => {
        recorder.counter(jobs).inc({ queue: 'mail' });
        new client.Gauge({ name: 'jobs', help: 'Clashes in OpenMetrics', registers: [registry] }).set(1);
        for (let i = 0; i < 2; i++) expect(await scraped()).to.not.contain('\njobs 1\n');
        expect(told.map(({ code, message }) => [code, /"jobs"/.test(message)])).to.deep.equal([
          ['collector_failed', true],
        ]);
      });
    });

    it('refuses a name that the registry has already', () => {
      new client.Counter({ name: 'jobs_total', help: 'Somebody else’s', registers: [registry] });
      expect(() => recorder.open(jobs, '@Counter on Service.work')).to.throw(
        '@Counter on Service.work: family "jobs_total" cannot be registered, because the registry already has a metric of that name',
      );
      recorder.counter(jobs).inc({ queue: 'mail' });
      expect(told.map(({ code }) => code)).to.deep.equal(['family_clash']);
      expect(make({ prefix: 'my_' }).open(jobs)).to.be.an('object');
    });

    it('refuses an object that is no registry', () => {
      expect(() => make({ registry: {} as never })).to.throw('"registry" must be a Registry of prom-client');
    });

    describe('with metrics whose collect() fails', () => {
      const failing = (collect: () => unknown) =>
        new client.Gauge({ name: 'failing', help: 'Failing', registers: [registry], collect: collect as never });

      beforeEach(() => {
        recorder.gauge(depth).set({}, 7);
        new client.Gauge({ name: 'healthy', help: 'Healthy', registers: [registry] }).set(1);
      });

      const odd = (...values: unknown[]) => ({ name: 'odd', help: 'Odd', type: 'gauge', values });
      const unreadable = {
        get team() {
          throw new Error('no team');
        },
      };
      const gives: Readonly<Record<string, unknown>> = {
        null: null,
        'an empty object': {},
        'no values': { name: 'odd' },
        'null for a value': odd(null),
        'no number': odd({}),
        'a name with a line feed': { ...odd({ value: 1 }), name: 'odd\nodd_evil 1' },
        'a sample of another name': odd({ value: 1, metricName: 'other' }),
        'a sample whose name has a line feed': odd({ value: 1, metricName: 'odd 1\nodd_evil' }),
        'a sample whose name is a symbol': odd({ value: 1, metricName: Symbol('odd') }),
        'a label that throws in its second value': odd({ value: 1, labels: {} }, { value: 1, labels: unreadable }),
      };
      for (const [what, given] of Object.entries(gives)) {
        it(`omits a metric of another kind that gives ${what}`, async () => {
          registry.registerMetric({ name: 'odd', get: async () => given } as never);
          const { status, body } = await scrape(recorder, { method: 'GET' });
          expect(status).to.equal(200);
          expect(await text(body))
            .to.contain('\nhealthy 1\n')
            .and.contain('flowplane_metrics_collector_failures_total{metric="odd"} 1\n')
            .and.not.match(/^odd/m);
        });
      }

      it('omits a metric of another kind whose name would break the scrape, and tells what to do', async () => {
        for (const name of ['two words', 'line\nfeed 1', 'dotted.name', '']) {
          registry.registerMetric({ name, get: async () => ({ ...odd({ value: 1 }), name }) } as never);
        }
        expect(await scraped()).to.match(
          /^# HELP depth .*\n# TYPE .*\ndepth 7\n# HELP healthy .*\n# TYPE .*\nhealthy 1\n$/,
        );
        expect(told).to.have.length(4);
        for (const { message } of told) expect(message).to.contain('no consumer reads its name: rename it');
      });

      for (const [how, timeout, collect] of [
        [
          'throws',
          '600',
          () => {
            throw new Error('no database');
          },
        ],
        ['rejects', '600', () => Promise.reject(new Error('no database'))],
        ['hangs', '0.25', () => new Promise(() => undefined)],
      ] as const) {
        it(`omits only the metric whose collect() ${how}, within the time of the scraper, and counts it`, async () => {
          failing(collect);
          for (let i = 0; i < 2; i++) {
            const { body } = await scrape(recorder, { method: 'GET', timeout });
            const shown = await text(body);
            expect(shown).to.contain('\ndepth 7\n').and.to.contain('\nhealthy 1\n').and.not.contain('failing 0');
            expect(shown).to.contain(`flowplane_metrics_collector_failures_total{metric="failing"} ${i + 1}\n`);
          }
          expect(told.map(({ code }) => code)).to.deep.equal(['collector_failed']);
        });
      }
    });
  });

describe('recorder.gauge(family).collect(…)', () => {
  const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { floor: {} } });
  let recorder: PrometheusRecorder;
  let told: MetricsError[];
  const scraped = async (): Promise<string> => text((await scrape(recorder, { method: 'GET', timeout: '10' })).body);

  beforeEach(() => {
    told = [];
    recorder = new PrometheusRecorder({ onError: (error) => told.push(error) });
  });

  it('computes a value at each scrape', async () => {
    let calls = 0;
    recorder.gauge(depth).collect(() => ++calls);
    expect(await scraped()).to.contain('\ndepth 1\n');
    expect(await scraped()).to.contain('\ndepth 2\n');
  });

  it('computes label sets with values asynchronously, and removes those that are missing', async () => {
    let floors = ['1', '2'];
    recorder.gauge(rooms).collect(async () => floors.map((floor, i) => ({ labels: { floor }, value: i })));
    expect(await scraped()).to.contain('rooms{floor="1"} 0\nrooms{floor="2"} 1\n');
    floors = ['2'];
    const shown = await scraped();
    expect(shown).to.contain('rooms{floor="2"} 0\n').and.not.contain('floor="1"');
  });

  it('waits for a collector as long as a scraper with a large timeout does', async () => {
    recorder.gauge(depth).collect(() => new Promise((resolve) => setTimeout(resolve, 10, 7)));
    for (const timeout of ['3000000', 'Infinity']) {
      const { body } = await scrape(recorder, { method: 'GET', timeout });
      expect(await text(body), timeout).to.contain('\ndepth 7\n');
    }
    expect(told).to.deep.equal([]);
  });

  it('runs once for overlapping scrapes', async () => {
    let calls = 0;
    recorder.gauge(depth).collect(async () => {
      await undefined;
      return ++calls;
    });
    const [first, second] = await Promise.all([scraped(), scraped()]);
    expect(first).to.equal(second).and.to.contain('\ndepth 1\n');
    expect(await scraped()).to.contain('\ndepth 2\n');
  });

  it('waits as long as each of several scrapers does', async () => {
    let finish: (value: number) => void = () => undefined;
    recorder.gauge(depth).collect(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const read = async (timeout: string) => text((await scrape(recorder, { method: 'GET', timeout })).body);
    const reading = [read('0.01'), read('600')];
    const hasty = await reading[0];
    finish(7);
    const patient = await reading[1];
    expect(hasty).to.not.contain('\ndepth');
    expect(patient).to.contain('\ndepth 7\n');
  });

  it('drops and counts values that are no numbers, and never throws', async () => {
    recorder.gauge(rooms).collect(() => [
      { labels: { floor: '1' }, value: 'x' as never },
      { labels: { floor: '2' }, value: 1 },
    ]);
    const shown = await scraped();
    expect(shown).to.contain('rooms{floor="2"} 1\n').and.not.contain('floor="1"');
    expect(shown).to.contain('flowplane_metrics_dropped_total{metric="rooms",reason="not_finite"} 1\n');
    const wrong = [
      undefined,
      [undefined],
      new Array(1),
      [Object.defineProperty({}, 'labels', { get: () => JSON.parse('') })],
    ];
    for (const [i, given] of wrong.entries()) {
      recorder.gauge(rooms).collect(() => given as never);
      expect(await scraped()).to.contain(`flowplane_metrics_collector_failures_total{metric="rooms"} ${i + 1}\n`);
    }
  });
});
