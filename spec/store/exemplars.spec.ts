import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { context, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { expect } from 'chai';
import * as olderApi from 'opentelemetry-api-1.0';
import { Counter as PromCounter, Registry } from 'prom-client';
import { familyOfExternal } from '../../lib/families/external-metric.js';
import {
  attachRecorder,
  Counter,
  type CounterHandle,
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExemplarLabels,
  Gauge,
  Histogram,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  requestMetrics,
  scrape,
  Timed,
} from '../../lib/index.js';
import { scrapeProtobuf } from '../exposition/read-protobuf.js';

const quiet = { onAdvice: () => undefined };
const create = (options: PrometheusRecorderOptions = {}) => new PrometheusRecorder({ ...quiet, ...options });

/** The samples of an OpenMetrics scrape that have exemplars: the sample, then the exemplar. */
async function exemplars(recorder: PrometheusRecorder, accept = 'application/openmetrics-text') {
  const { body } = await scrape(recorder, { method: 'GET', accept });
  const lines = (await text(body)).split('\n').filter((line) => line.includes(' # '));
  return lines.map((line) => {
    const [, sample = '', labels = '', value = '', time = ''] = /^(\S+) \S+ # \{(.*)\} (\S+) ?(\S*)$/.exec(line) ?? [];
    return { sample, labels, value: Number(value), time: Number(time) };
  });
}

async function lineOf(recorder: PrometheusRecorder, beginning: string): Promise<string | undefined> {
  const { body } = await scrape(recorder, { method: 'GET' });
  return (await text(body)).split('\n').find((line) => line.startsWith(beginning));
}

const idsOf = (span: Span): string => {
  const { traceId, spanId } = span.spanContext();
  return `trace_id="${traceId}",span_id="${spanId}"`;
};

/** Runs something in a span of its own, and gives the span. */
function inSpan(run: () => unknown, tracer = trace.getTracer('spec')): Span {
  return tracer.startActiveSpan('outer', (span) => {
    run();
    span.end();
    return span;
  });
}

class Service {
  @Counter({ name: 'calls_total', help: 'Calls' })
  call(_run?: () => unknown): void {}

  @Histogram({ name: 'sizes_bytes', help: 'Sizes', buckets: [10, 100], value: (size) => size })
  store(size: number): number {
    return size;
  }

  @Timed({ name: 'waits_seconds', help: 'Waits', buckets: [1000] })
  async wait(): Promise<void> {
    await wait(1);
    await trace.getTracer('spec').startActiveSpan('inner', async (inner) => {
      await wait(1);
      inner.end();
    });
  }

  @Counter({ name: 'steps_total', help: 'Generators that were read to their ends' })
  *steps(): Generator<number> {
    yield 1;
  }

  @Counter({ name: 'callbacks_total', help: 'Calls with a callback', completion: 'callback' })
  later(callback: (error: unknown) => void): void {
    setTimeout(callback, 1);
  }

  @Gauge({ name: 'level', help: 'A level', value: () => 1 })
  level(): void {}

  @Counter({ name: 'jobs_done', help: 'A counter without the suffix' })
  job(): void {}
}

const provider = (): NodeTracerProvider => new NodeTracerProvider();

const apiKey = Symbol.for('opentelemetry.js.api.1');

/** Why the global goes too: a copy of another version registers nothing in it. */
function unregister(): void {
  trace.disable();
  context.disable();
  Reflect.deleteProperty(globalThis, apiKey);
}

describe('Exemplars from the active span of OpenTelemetry', () => {
  afterEach(unregister);

  it('stand on counters and buckets, with the increment or the value, and on nothing else', async () => {
    provider().register();
    const recorder = create();
    const service = attachRecorder(new Service(), recorder);
    const before = Date.now();
    const span = inSpan(() => {
      service.call();
      service.store(7);
      service.store(70);
      service.level();
      service.job();
    });
    const found = await exemplars(recorder);
    const labels = idsOf(span);
    expect(found.map(({ time: _, ...rest }) => rest)).to.have.deep.members([
      { sample: 'calls_total', labels, value: 1 },
      { sample: 'sizes_bytes_bucket{le="10.0"}', labels, value: 7 },
      { sample: 'sizes_bytes_bucket{le="100.0"}', labels, value: 70 },
    ]);
    for (const { time } of found) expect(time).to.be.within(before / 1000, Date.now() / 1000);
    expect(await exemplars(recorder, 'text/plain')).to.deep.equal([]);
  });

  it('begin with the first call, whether OpenTelemetry is registered before the recorder or after it', async () => {
    const recorder = create();
    const service = attachRecorder(new Service(), recorder);
    service.call();
    expect(await exemplars(recorder)).to.deep.equal([]);
    provider().register();
    const span = inSpan(() => service.call());
    expect((await exemplars(recorder)).map(({ labels }) => labels)).to.deep.equal([idsOf(span)]);
  });

  it('come from whichever copy of the API the application registers with, and whichever its code uses', async () => {
    const service = new Service();
    const callIn = async (run: (call: () => void) => Span): Promise<void> => {
      const recorder = create();
      attachRecorder(service, recorder);
      const span = run(() => service.call());
      expect((await exemplars(recorder)).map(({ labels }) => labels)).to.deep.equal([idsOf(span)]);
    };
    provider().register();
    await callIn((call) => inSpan(call, olderApi.trace.getTracer('older') as never));
    unregister();
    olderApi.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    await callIn((call) => {
      const span = provider().getTracer('spec').startSpan('of the older copy');
      olderApi.context.with(olderApi.trace.setSpan(olderApi.context.active(), span as never), call);
      return span;
    });
  });

  it('show the span that was active at the call of an async method, a generator or a method with a callback', async () => {
    provider().register();
    const recorder = create();
    const service = attachRecorder(new Service(), recorder);
    const running: unknown[] = [];
    let steps: Generator<number> | undefined;
    const span = inSpan(() => {
      running.push(service.wait());
      running.push(new Promise((resolve) => service.later(resolve)));
      steps = service.steps();
    });
    inSpan(() => [...(steps ?? [])]);
    await Promise.all(running);
    expect((await exemplars(recorder)).map(({ sample, labels }) => [sample, labels])).to.have.deep.members([
      ['waits_seconds_bucket{le="1000.0"}', idsOf(span)],
      ['callbacks_total', idsOf(span)],
      ['steps_total', idsOf(span)],
    ]);
  });

  it('do not come from a span that is not sampled, nor without one, nor with exemplars: false', async () => {
    new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).register();
    const recorder = create();
    const service = attachRecorder(new Service(), recorder);
    service.call();
    inSpan(() => service.call());
    expect(await exemplars(recorder)).to.deep.equal([]);
    unregister();
    provider().register();
    const off = create({ exemplars: false });
    inSpan(() => attachRecorder(service, off).call());
    off.counter(defineCounter({ name: 'by_hand_total', help: 'Calls' })).inc({}, 1, { exemplar: { order: '17' } });
    expect(await exemplars(off)).to.deep.equal([]);
    expect(await lineOf(off, 'calls_total')).to.equal('calls_total 1');
  });

  it('never disturb a call: what a broken context manager throws or returns gives no exemplar', async () => {
    const spanOf = (ids: object) => ({ context: { active: () => ({ getValue: () => ({ spanContext: () => ids }) }) } });
    const ids = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 };
    const broken: unknown[] = [
      {},
      { context: {} },
      {
        context: {
          active: () => {
            throw new Error('broken');
          },
        },
      },
      { context: { active: () => undefined } },
      spanOf({ ...ids, traceId: 'short' }),
      spanOf({ ...ids, traceId: 17 }),
      spanOf({ ...ids, spanId: '0'.repeat(16) }),
      spanOf({ ...ids, spanId: 'cdcdcdcdcdcdcd"}' }),
    ];
    const recorder = create({ strict: true });
    const service = attachRecorder(new Service(), recorder);
    const call = (api: unknown): void => {
      Reflect.set(globalThis, apiKey, api);
      service.call();
    };
    for (const one of broken) call(one);
    expect(await exemplars(recorder)).to.deep.equal([]);
    call(spanOf(ids));
    call(undefined);
    expect(await lineOf(recorder, 'calls_total')).to.equal(`calls_total ${broken.length + 2}`);
    expect((await exemplars(recorder)).map(({ labels }) => labels)).to.deep.equal([
      `trace_id="${ids.traceId}",span_id="${ids.spanId}"`,
    ]);
  });

  it('do not show the span that is active when a call is recorded that an exhausted stack has left', async () => {
    provider().register();
    const recorder = create();
    class Deep {
      @Counter({ name: 'deep_total', help: 'Calls' })
      dive(): void {
        this.dive();
      }
    }
    const deep = attachRecorder(new Deep(), recorder);
    expect(() => deep.dive()).to.throw(RangeError);
    const service = attachRecorder(new Service(), recorder);
    inSpan(() => service.call());
    expect((await exemplars(recorder)).map(({ sample }) => sample)).to.deep.equal(['calls_total']);
  });
});

describe('Exemplars of requests of the application', () => {
  afterEach(unregister);

  /** Lets a server answer one request. */
  async function answer(listener: RequestListener): Promise<void> {
    const server = createServer(listener);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  it('show the span in which the request has arrived, whatever is active when the response ends', async () => {
    provider().register();
    const recorder = create();
    const track = requestMetrics(recorder);
    let span: Span | undefined;
    await answer((request, response) => {
      span = inSpan(() => track(request, response, () => '/'));
      inSpan(() => response.end('done'));
    });
    const found = await exemplars(recorder);
    expect(found.length).to.equal(2);
    for (const { sample, labels } of found) {
      expect(sample).to.match(/^http_server_(request_duration_seconds|response_body_size_bytes)_bucket/);
      expect(labels).to.equal(idsOf(span as Span));
    }
  });

  it('do not exist where the request has arrived in no span, although one is active when the response ends', async () => {
    provider().register();
    const recorder = create();
    const track = requestMetrics(recorder);
    await answer((request, response) => {
      track(request, response, () => '/');
      inSpan(() => response.end('done'));
    });
    expect(await lineOf(recorder, 'http_server_request_duration_seconds_count')).to.match(/ 1$/);
    expect(await exemplars(recorder)).to.deep.equal([]);
  });
});

describe('Exemplars of a native histogram', () => {
  const realNow = Date.now;
  let now = 1_764_343_426_123;

  beforeEach(() => {
    now = 1_764_343_426_123;
    Date.now = () => now;
  });

  afterEach(() => {
    Date.now = realNow;
  });

  const waits = defineHistogram({ name: 'waits_seconds', help: 'Waits', native: true, buckets: [1, 100] });
  const nativeOf = async (recorder: PrometheusRecorder) => {
    const [family] = await scrapeProtobuf(recorder);
    return (family?.metric?.[0]?.histogram?.exemplars ?? []).map(({ value }) => value);
  };
  const observe = async (recorder: PrometheusRecorder, value: number): Promise<void> => {
    now += 1000;
    recorder.histogram(waits).observe({}, value, { exemplar: { id: String(value) } });
    await recorder.snapshot();
  };

  it('stand in the order of their times, beside those of the classic buckets', async () => {
    const recorder = create();
    for (const value of [50, 0.5, 500]) await observe(recorder, value);
    const [family] = await scrapeProtobuf(recorder);
    const histogram = family?.metric?.[0]?.histogram;
    expect(histogram?.exemplars?.map(({ value, label }) => [value, label?.[0]?.value])).to.deep.equal([
      [50, '50'],
      [0.5, '0.5'],
      [500, '500'],
    ]);
    expect(histogram?.bucket?.map(({ exemplar }) => exemplar?.value)).to.deep.equal([0.5, 50, 500]);
  });

  it('number at most ten, of which the older one of the closest two goes, or before it an expired one', async () => {
    const recorder = create();
    for (const value of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]) await observe(recorder, value);
    await observe(recorder, 9);
    expect(await nativeOf(recorder)).to.deep.equal([1, 2, 4, 16, 32, 64, 128, 256, 512, 9]);
    await observe(recorder, -3);
    expect(await nativeOf(recorder)).to.deep.equal([1, 2, 4, 32, 64, 128, 256, 512, 9, -3]);
    now += 5 * 60_000;
    await observe(recorder, 1000);
    expect(await nativeOf(recorder)).to.deep.equal([2, 4, 32, 64, 128, 256, 512, 9, -3, 1000]);
  });

  it('go with their series', async () => {
    const recorder = create();
    const labelled = defineHistogram({ name: 'l_seconds', help: 'L', native: true, labels: { team: {} } });
    recorder.histogram(labelled).observe({ team: 'a' }, 1, { exemplar: { id: 'x' } });
    recorder.remove(labelled, { team: 'a' });
    recorder.histogram(labelled).observe({ team: 'b' }, 2);
    expect(await nativeOf(recorder)).to.deep.equal([]);
    expect(await exemplars(recorder)).to.deep.equal([]);
  });
});

describe('The memory of exemplars', () => {
  it('comes to at most 48 bytes for each counter or bucket that has one', () => {
    const program = fileURLToPath(new URL('exemplar-bytes.js', import.meta.url));
    const { NODE_V8_COVERAGE: _, ...env } = process.env;
    // Why a process of its own: what other specs leave would count, and what they free.
    const printed = execFileSync(process.execPath, ['--expose-gc', program], { encoding: 'utf8', env });
    expect(Number(printed)).to.be.within(40, 48);
  });
});

describe('An exemplar between two scrapes', () => {
  const realNow = Date.now;
  let now = 1_764_343_426_123;
  let recorder: PrometheusRecorder;
  const sizes = defineHistogram({ name: 'sizes_bytes', help: 'Sizes', buckets: [10, 100] });
  const observe = (value: number, order: string) =>
    recorder.histogram(sizes).observe({}, value, { exemplar: { order } });
  const found = async () =>
    (await exemplars(recorder)).map(({ labels, value, time }) => `${labels.slice(7, -1)}: ${value} at ${time}`);

  beforeEach(() => {
    now = 1_764_343_426_123;
    Date.now = () => now;
    recorder = create();
  });

  afterEach(() => {
    Date.now = realNow;
  });

  it('stays the first one of its bucket, with its time, until a newer one takes its place', async () => {
    observe(1, 'first');
    now += 1000;
    observe(2, 'second');
    observe(20, 'other bucket');
    const expected = ['first: 1 at 1764343426.123', 'other bucket: 20 at 1764343427.123'];
    expect(await found()).to.deep.equal(expected);
    now += 1000;
    expect(await found()).to.deep.equal(expected);
    observe(3, 'third');
    expect((await found())[0]).to.equal('third: 3 at 1764343428.123');
  });

  it('makes room after each scrape, so that each of two servers finds one that is younger than its scrape before', async () => {
    const seen = { a: [] as (string | undefined)[], b: [] as (string | undefined)[] };
    for (let second = 1; second <= 6; second++) {
      now += 1000;
      observe(1, String(second));
      seen[second % 2 ? 'a' : 'b'].push((await found())[0]?.split(':')[0]);
    }
    expect(seen).to.deep.equal({ a: ['1', '3', '5'], b: ['2', '4', '6'] });
  });

  it('gives way to none of the same or an earlier time, which Prometheus would refuse', async () => {
    observe(1, 'first');
    await found();
    observe(2, 'of the same time');
    expect(await found()).to.deep.equal(['first: 1 at 1764343426.123']);
    now -= 5000;
    observe(3, 'of before');
    expect(await found()).to.deep.equal(['first: 1 at 1764343426.123']);
    now += 5001;
    observe(4, 'later');
    expect(await found()).to.deep.equal(['later: 4 at 1764343426.124']);
  });

  it('has no time that none can have, such as that of a broken clock: then none is taken', async () => {
    const real = now;
    for (const broken of [Number.NaN, Infinity, -1, 2 ** 43]) {
      now = broken;
      observe(1, 'broken');
      expect(await found(), String(broken)).to.deep.equal([]);
    }
    now = real;
    observe(1, 'right');
    expect(await found()).to.deep.equal(['right: 1 at 1764343426.123']);
  });

  it('goes with its series, and another series with the same numbers does not get it', async () => {
    const teams = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
    const inc = (team: string, order?: string) =>
      recorder.counter(teams).inc({ team }, 1, order === undefined ? {} : { exemplar: { order } });
    for (let i = 0; i < 5000; i++) inc(`team-${i}`, `order-${i}`);
    recorder.remove(teams, { team: 'team-7' });
    recorder.remove(teams, { team: 'team-4999' });
    inc('new');
    inc('newer');
    const before = await exemplars(recorder);
    expect(before.length).to.equal(4998);
    for (const { sample, labels } of before)
      expect(labels.slice(13)).to.equal(sample.slice('jobs_total{team="team-'.length, -1));
    recorder.clear(teams);
    inc('team-0');
    expect(await exemplars(recorder)).to.deep.equal([]);
  });
});

describe('An exemplar that is given by hand', () => {
  const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
  const sizes = defineHistogram({ name: 'sizes_bytes', help: 'Sizes', buckets: [10] });

  afterEach(unregister);

  it('takes the place of the active span', async () => {
    provider().register();
    const recorder = create();
    inSpan(() => {
      recorder.counter(jobs).inc({ team: 'mail' }, 3, { exemplar: { order: 17n, first: true, empty: '', rest: null } });
      recorder.histogram(sizes).observe({}, 12, { exemplar: { trace_id: 'AB'.repeat(16), span_id: 'cd'.repeat(8) } });
    });
    expect((await exemplars(recorder)).map(({ time: _, ...rest }) => rest)).to.deep.equal([
      { sample: 'jobs_total{team="mail"}', labels: 'order="17",first="true"', value: 3 },
      {
        sample: 'sizes_bytes_bucket{le="+Inf"}',
        labels: `trace_id="${'ab'.repeat(16)}",span_id="${'cd'.repeat(8)}"`,
        value: 12,
      },
    ]);
  });

  it('may have 128 code points, names and values together, and escapes what a label escapes', async () => {
    const recorder = create();
    recorder.histogram(sizes).observe({}, 1, { exemplar: { name: `a"\\\n${'💡'.repeat(120)}` } });
    recorder.histogram(sizes).observe({}, 12, { exemplar: { name: '💡'.repeat(125) } });
    const [only, ...others] = await exemplars(recorder);
    expect(only?.labels).to.equal(`name="a\\"\\\\\\n${'💡'.repeat(120)}"`);
    expect(others).to.deep.equal([]);
  });

  it('leaves the observation alone where it cannot be exposed: it is dropped, counted and advised on once', async () => {
    const advice: string[] = [];
    const recorder = create({ strict: true, onAdvice: ({ message }) => advice.push(message) });
    const given: Readonly<Record<string, readonly unknown[]>> = {
      too_long: [{ id: 'x'.repeat(127) }, { id: 'x'.repeat(2000) }],
      label_name: [{ 'not-legal': 1 }, { __name__: 'x' }],
      label_type: [
        'text',
        17,
        null,
        { id: {} },
        { id: Symbol('x') },
        {
          get id(): string {
            throw new Error('a getter');
          },
        },
      ],
      sensitive: [{ user: 'jane@example.com' }, { trace_id: 'ab'.repeat(16), key: `sk_live_${'a1'.repeat(10)}` }],
    };
    for (const one of Object.values(given).flat()) {
      recorder.histogram(sizes).observe({}, 1, { exemplar: one as ExemplarLabels });
    }
    expect(await exemplars(recorder)).to.deep.equal([]);
    expect(await lineOf(recorder, 'sizes_bytes_count')).to.equal('sizes_bytes_count 12');
    const counted = (await recorder.snapshot()).find(
      ({ name }) => name === 'flowplane_metrics_exemplars_dropped_total',
    );
    expect(counted?.samples.map(({ labels, value }) => [labels['metric'], labels['reason'], value])).to.deep.equal(
      Object.entries(given).map(([reason, all]) => ['sizes_bytes', reason, all.length]),
    );
    expect(advice.length).to.equal(4);
    expect(advice.join('\n')).to.not.match(/jane|sk_live/);
  });

  it('may be read by code that removes the series: the observation makes a new one, and no other has any of it', async () => {
    const recorder = create();
    const waits = defineHistogram({ name: 'waits_seconds', help: 'Waits', labels: { team: {} }, native: true });
    const removing = {
      get order(): string {
        recorder.clear(jobs);
        recorder.clear(waits);
        return '17';
      },
    };
    recorder.counter(jobs).inc({ team: 'mail' });
    recorder.counter(jobs).inc({ team: 'mail' }, 5, { exemplar: removing });
    recorder.histogram(waits).observe({ team: 'mail' }, 1);
    recorder.histogram(waits).observe({ team: 'mail' }, 3, { exemplar: removing });
    recorder.counter(jobs).inc({ team: 'shop' });
    recorder.histogram(waits).observe({ team: 'shop' }, 1);
    expect(await lineOf(recorder, 'jobs_total{team="shop"')).to.equal('jobs_total{team="shop"} 1');
    expect(await lineOf(recorder, 'waits_seconds_sum{team="shop"')).to.equal('waits_seconds_sum{team="shop"} 1');
    expect(await lineOf(recorder, 'waits_seconds_sum{team="mail"')).to.equal('waits_seconds_sum{team="mail"} 3');
    expect((await exemplars(recorder)).map(({ sample }) => sample)).to.deep.equal([
      'waits_seconds_bucket{team="mail",le="5.0"}',
    ]);
  });

  it('counts as dropped on a counter without the suffix _total, for which OpenMetrics has no exemplars', async () => {
    const recorder = create();
    recorder
      .counter(defineCounter({ name: 'done', help: 'Done', advice: false }))
      .inc({}, 1, { exemplar: { id: 'x' } });
    expect(await exemplars(recorder)).to.deep.equal([]);
    expect(await lineOf(recorder, 'flowplane_metrics_exemplars_dropped_total')).to.equal(
      'flowplane_metrics_exemplars_dropped_total{metric="done",reason="not_supported"} 1',
    );
  });

  it('does not disturb a gauge', async () => {
    const recorder = create();
    const rooms = recorder.gauge(defineGauge({ name: 'rooms', help: 'Rooms' })) as unknown as {
      inc(labels: object, by: number, options: object): void;
    };
    rooms.inc({}, 2, { exemplar: { id: 'x' } });
    expect(await lineOf(recorder, 'rooms')).to.equal('rooms 2');
  });

  it('goes to a metric of prom-client that has exemplars, where it may be exposed', async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const theirs = new PromCounter({
      name: 'theirs_total',
      help: 'Theirs',
      labelNames: ['team'] as const,
      enableExemplars: true,
      registers: [registry],
    });
    const recorder = create({ registry: registry as never });
    class Calls {
      @Counter(theirs, { labels: { team: (team) => team } })
      call(_team: string): void {}
    }
    attachRecorder(new Calls(), recorder).call('mail');
    const family = recorder.counter(familyOfExternal(theirs as never) as never) as CounterHandle<{ team: {} }>;
    family.inc({ team: 'mail' }, 2, { exemplar: { id: 'x'.repeat(200) } });
    expect(await exemplars(recorder)).to.deep.equal([]);
    family.inc({ team: 'mail' }, 3, { exemplar: { id: 'x' } });
    expect(await lineOf(recorder, 'theirs_total')).to.equal('theirs_total{team="mail"} 6');
    expect((await exemplars(recorder)).map(({ labels, value }) => [labels, value])).to.deep.equal([['id="x"', 3]]);
  });
});
