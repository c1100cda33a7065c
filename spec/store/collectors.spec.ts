import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { Gauge as PromGauge, Registry } from 'prom-client';
import {
  defineCounter,
  defineGauge,
  type MetricsError,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
} from '../../lib/index.js';
import { MetricsServer } from '../../lib/server/index.js';

const asked = defineGauge({ name: 'asked', help: 'A gauge whose collector asks' });
const steady = defineGauge({ name: 'steady', help: 'A gauge that is set' });
const others = defineGauge({ name: 'others', help: 'A gauge with a collector of its own' });
const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { floor: {} } });

describe('A collector', () => {
  let told: MetricsError[];
  let recorder: PrometheusRecorder;

  const make = (options: PrometheusRecorderOptions = {}) =>
    new PrometheusRecorder({ onError: (error) => told.push(error), onAdvice: () => undefined, ...options });
  const scraped = async (timeout = '60', names: readonly string[] = []): Promise<string> =>
    text((await scrape(recorder, { method: 'GET', timeout, names })).body);

  beforeEach(() => {
    told = [];
    recorder = make();
    recorder.gauge(steady).set({}, 7);
  });

  describe('that asks its own recorder', () => {
    const registry = new Registry();
    const ways: Readonly<Record<string, () => unknown>> = {
      'snapshot()': () => recorder.snapshot(),
      'snapshot() twice at once': () => Promise.all([recorder.snapshot(), recorder.snapshot()]),
      'exposedFamilies() with another timeout': () => recorder.exposedFamilies({ timeoutSeconds: 600 }),
      'scrape()': async () => text((await scrape(recorder, { method: 'GET' })).body),
      'cardinality()': () => recorder.cardinality(),
      'explain()': () => recorder.explain(),
      'metrics() of its registry': () => registry.metrics(),
      'getMetricsAsJSON() of its registry': () => registry.getMetricsAsJSON(),
    };

    beforeEach(() => {
      registry.clear();
      recorder = make({ registry });
      recorder.gauge(steady).set({}, 7);
      recorder.gauge(others).collect(() => 5);
    });

    for (const [way, ask] of Object.entries(ways)) {
      for (const [when, comeThere] of [
        ['at once', () => undefined],
        ['after an await', () => Promise.resolve()],
        ['from a timer', () => new Promise((resolve) => setTimeout(resolve, 1))],
      ] as const) {
        it(`gets an answer from ${way} ${when}, and its value is there`, async () => {
          recorder.gauge(asked).collect(async () => {
            if (when !== 'at once') await comeThere();
            await ask();
            return 1;
          });
          for (let i = 0; i < 2; i++) {
            expect(await scraped())
              .to.contain('\nasked 1\n')
              .and.contain('\nothers 5\n')
              .and.contain('\nsteady 7\n');
          }
          expect(told).to.deep.equal([]);
        });
      }
    }

    it('sees the values of the scrape before, and runs no collector', async () => {
      let runs = 0;
      recorder.gauge(others).collect(() => ++runs);
      const seen: unknown[] = [];
      recorder.gauge(asked).collect(async () => {
        const families = await recorder.snapshot();
        seen.push(families.find(({ name }) => name === 'asked')?.samples.map(({ value }) => value));
        return 10;
      });
      for (let i = 0; i < 2; i++) await scraped();
      expect(seen).to.deep.equal([[], [10]]);
      expect(runs).to.equal(2);
    });

    it('may be a metric of prom-client in the registry', async () => {
      new PromGauge({
        name: 'theirs',
        help: 'A gauge of prom-client',
        registers: [registry],
        async collect() {
          this.set((await recorder.snapshot()).filter(({ name }) => name === 'theirs' || name === 'steady').length);
        },
      });
      expect(await scraped())
        .to.contain('\ntheirs 1\n')
        .and.contain('\nsteady 7\n');
      expect(told).to.deep.equal([]);
    });

    it('may do so through another recorder whose collector asks back', async () => {
      const second = make();
      second.gauge(others).collect(async () => (await recorder.snapshot()).length);
      recorder.gauge(asked).collect(async () => {
        const family = (await second.snapshot()).find(({ name }) => name === 'others');
        return (family?.samples[0]?.value ?? 0) > 0 ? 1 : 0;
      });
      expect(await scraped()).to.contain('\nasked 1\n');
      expect(told).to.deep.equal([]);
    });

    it('over HTTP ends within the timeouts of both scrapers, and costs that metric at most', async () => {
      const server = new MetricsServer(recorder, { port: 0, processMetrics: false });
      const { url } = await server.listen();
      try {
        const ask = async (seconds: string): Promise<string> =>
          (await fetch(url, { headers: { 'X-Prometheus-Scrape-Timeout-Seconds': seconds } })).text();
        const inner: string[] = [];
        recorder.gauge(asked).collect(async () => {
          inner.push(await ask('0.5'));
          return 1;
        });
        const outer = await ask('600');
        expect(outer).to.contain('\nasked 1\n').and.contain('\nothers 5\n').and.contain('\nsteady 7\n');
        expect(inner).to.have.length(1);
        expect(inner[0]).to.contain('\nsteady 7\n').and.contain('\nothers 5\n').and.not.contain('\nasked 1\n');
        const both = await Promise.all([ask('0.2'), ask('0.5')]);
        for (const one of both) expect(one).to.contain('\nsteady 7\n');
      } finally {
        await server.close();
      }
    });
  });

  it('runs again at a later scrape when its first promise never settles', async () => {
    const answers = [new Promise<number>(() => undefined), Promise.resolve(2), Promise.resolve(3)];
    recorder.gauge(asked).collect(() => answers.shift() as Promise<number>);
    expect(await scraped('0.5'))
      .to.contain('\nsteady 7\n')
      .and.not.contain('\nasked');
    expect(await scraped('0.5')).to.contain('\nasked 2\n');
    expect(await scraped('0.5')).to.contain('\nasked 3\n');
  });

  it('that hangs at each scrape is not waited for at each scrape', async () => {
    let runs = 0;
    recorder.gauge(asked).collect(() => {
      runs++;
      return new Promise(() => undefined);
    });
    for (let i = 0; i < 30; i++) expect(await scraped('0.005')).to.contain('\nsteady 7\n');
    expect(runs).to.be.within(2, 20);
    expect(told.map(({ code }) => code)).to.deep.equal(['collector_failed']);
  });

  it('gives each scraper its values in time, whatever timeouts scrapes at the same time have', async () => {
    let finish: (value: number) => void = () => undefined;
    recorder.gauge(asked).collect(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const patient = [scraped('600'), scraped('300'), recorder.snapshot()];
    expect(await scraped('0.02'))
      .to.contain('\nsteady 7\n')
      .and.not.contain('\nasked');
    finish(7);
    for (const shown of await Promise.all(patient)) expect(JSON.stringify(shown)).to.contain('asked');
  });

  it('that comes back late does not replace newer values', async () => {
    const ends: ((value: number) => void)[] = [];
    recorder.gauge(asked).collect(() => new Promise((resolve) => ends.push(resolve)));
    await scraped('0.2');
    const second = scraped('0.2');
    ends[1]?.(2);
    expect(await second).to.contain('\nasked 2\n');
    ends[0]?.(1);
    await new Promise(setImmediate);
    let seen: number | undefined;
    recorder.gauge(others).collect(async () => {
      seen = (await recorder.snapshot()).find(({ name }) => name === 'asked')?.samples[0]?.value;
      return 0;
    });
    await scraped('60', ['others']);
    expect(seen).to.equal(2);
  });

  it('that was replaced while it ran does not set the values of the new one', async () => {
    let finish: (value: number) => void = () => undefined;
    recorder.gauge(asked).collect(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const first = scraped();
    recorder.gauge(asked).collect(() => 2);
    expect(await scraped()).to.contain('\nasked 2\n');
    finish(1);
    expect(await first).to.contain('\nasked 2\n');
  });

  it('may compute two gauges, in runs of their own', async () => {
    let runs = 0;
    const collector = () => ++runs;
    for (const family of [asked, others]) recorder.gauge(family).collect(collector);
    expect(await scraped())
      .to.contain('\nasked 1\n')
      .and.contain('\nothers 2\n');
  });

  it('of a strict recorder costs only its own metric when it gives what cannot be recorded', async () => {
    recorder = make({ strict: true });
    recorder.gauge(steady).set({}, 7);
    recorder.gauge(rooms).collect(() => [{ labels: { floor: '1' }, value: 'x' as never }]);
    expect(await scraped())
      .to.contain('\nsteady 7\n')
      .and.not.contain('\nrooms{');
  });

  it('does not run for a scrape that asks for other families by name', async () => {
    const hang = () => new Promise<number>(() => undefined);
    const registry = new Registry();
    recorder = make({ registry, prefix: 'shop_' });
    recorder.gauge(steady).set({}, 7);
    recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' })).inc();
    recorder.gauge(asked).collect(hang);
    new PromGauge({ name: 'theirs', help: 'Hangs', registers: [registry], collect: hang as never });
    for (const [name, line] of [
      ['shop_steady', 'shop_steady 7'],
      ['shop_jobs', 'shop_jobs_total 1'],
      ['shop_jobs_total', 'shop_jobs_total 1'],
    ] as const) {
      const shown = await scraped('600', [name]);
      expect(shown).to.contain(`\n${line}\n`).and.not.contain('asked');
    }
    expect(told).to.deep.equal([]);
  });

  describe('that returns a million label sets', () => {
    const floors = Array.from({ length: 20_000 }, (_, i) => `${i}`);
    const million = Array.from({ length: 1_000_000 }, (_, i) => ({ labels: { floor: floors[i % 20_000] }, value: i }));

    it('lets the event loop turn, and fills the family up to its limit', async () => {
      recorder.gauge(rooms).collect(() => million as never);
      let turns = 0;
      const counting = setInterval(() => turns++, 1);
      const shown = await scraped('600');
      clearInterval(counting);
      // Why so few: the machine may be busy. In one turn there would be none.
      expect(turns).to.be.above(20);
      expect(shown)
        .to.contain('\nsteady 7\n')
        .and.contain('rooms{floor="9999"}')
        .and.not.contain('rooms{floor="10000"}');
      expect(recorder.cardinality().find(({ name }) => name === 'rooms')?.series).to.equal(10_000);
      expect(shown).to.contain('dropped_total{metric="rooms",reason="overflow"} 500000\n');
      expect(told.map(({ code }) => code)).to.deep.equal(['overflow']);
    });
  });

  it('changes all values of its gauge at once: no scrape sees a part of them', async () => {
    const size = 5000;
    let generation = 0;
    recorder.gauge(rooms).collect(() => {
      generation++;
      return Array.from({ length: size }, (_, i) => ({
        labels: { floor: `${generation % 2}-${i}` },
        value: generation,
      }));
    });
    recorder.gauge(asked).collect(async () => {
      for (let i = 0; i < 8; i++) {
        const samples = (await recorder.snapshot()).find(({ name }) => name === 'rooms')?.samples ?? [];
        const values = new Set(samples.map(({ value }) => value));
        if (samples.length > 0) expect([samples.length, values.size]).to.deep.equal([size, 1]);
        await new Promise(setImmediate);
      }
      return 1;
    });
    for (let i = 0; i < 3; i++) {
      const lines = (await scraped()).split('\n').filter((line) => line.startsWith('rooms{'));
      expect(lines).to.have.length(size);
      expect(new Set(lines.map((line) => line.split(' ')[1]))).to.deep.equal(new Set([`${generation}`]));
    }
    expect(told).to.deep.equal([]);
  });

  it('may fill a family anew whose limit, and that of the recorder, it has used up', async () => {
    recorder = make({ maxSamples: 100, maxSeriesPerFamily: 90 });
    let generation = 0;
    recorder.gauge(rooms).collect(() => {
      generation++;
      return Array.from({ length: 90 }, (_, i) => ({ labels: { floor: `${generation}-${i}` }, value: i }));
    });
    for (let i = 0; i < 3; i++) {
      const lines = (await scraped()).split('\n').filter((line) => line.startsWith('rooms{'));
      expect(lines).to.have.length(90);
      expect(lines.every((line) => line.includes(`"${generation}-`))).to.equal(true);
    }
    for (let i = 0; i < 20; i++) recorder.gauge(defineGauge({ name: `more_${i}`, help: 'More' })).set({}, i);
    const shown = await scraped();
    expect(shown.match(/^more_\d+ /gm)).to.have.length(10);
    expect(shown.match(/^rooms\{/gm)).to.have.length(90);
  });

  describe('whatever it does', () => {
    /** What a collector does in one run. */
    const deed = fc.constantFrom(
      'returns',
      'resolves',
      'throws',
      'rejects',
      'rejects late',
      'hangs',
      'comes late',
      'asks',
      'asks late',
      'gives nonsense',
      'gives a thenable that throws',
      'gives many',
    );
    const later = () => new Promise((resolve) => setTimeout(resolve, 30));
    const deeds: Readonly<Record<string, () => unknown>> = {
      returns: () => 1,
      resolves: async () => 1,
      throws: () => {
        throw new Error('at once');
      },
      rejects: () => Promise.reject(new Error('rejected')),
      'rejects late': () => later().then(() => Promise.reject(new Error('late'))),
      hangs: () => new Promise(() => undefined),
      'comes late': () => later().then(() => 1),
      asks: async () => (await recorder.snapshot()).length,
      'asks late': () => later().then(async () => (await recorder.snapshot()).length),
      'gives nonsense': () => ({ nonsense: true }),
      'gives a thenable that throws': () =>
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error('no then');
          },
        }),
      'gives many': () => Array.from({ length: 500 }, (_, i) => ({ labels: {}, value: i })),
    };

    it('costs its own metric at most: every scrape ends, with all others', async () => {
      // Why: a busy machine may take longer than the shortest timeout for anything.
      const wasSlow = (i: number): boolean =>
        told.some(({ message }) => message.includes(`"collected_${i}" (it took longer than`));
      const stories = fc.array(fc.array(deed, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
      const timeouts = fc.array(fc.constantFrom('0.01', '0.02', '0.08'), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(stories, timeouts, async (collectors, scrapes) => {
          told = [];
          recorder = make();
          recorder.gauge(steady).set({}, 7);
          for (const [i, runs] of collectors.entries()) {
            let run = 0;
            const family = defineGauge({ name: `collected_${i}`, help: 'Collected' });
            recorder.gauge(family).collect(() => deeds[runs[run++ % runs.length] as string]?.() as never);
          }
          for (let round = 0; round < 2; round++) {
            const shown = await Promise.all(scrapes.map((timeout) => scraped(timeout)));
            for (const one of shown) expect(one).to.contain('\nsteady 7\n');
            for (const [i, runs] of collectors.entries()) {
              if (runs.every((one) => one === 'returns' || one === 'resolves'))
                for (const one of shown) expect(one.includes(`\ncollected_${i} 1\n`) || wasSlow(i)).to.equal(true);
            }
          }
        }),
        { numRuns: 20 },
      );
    });
  });
});
