import { expect } from 'chai';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  Gauge,
  Histogram,
  InFlight,
  instrumentFunction,
  PrometheusRecorder,
  setDefaultRecorder,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import * as prom from 'prom-client';
import { mode } from './mode.js';

const hits = defineCounter({ name: 'bare_hits_total', help: 'Hits' });
const level = defineGauge({ name: 'bare_level', help: 'Level' });
const open = defineGauge({ name: 'bare_open', help: 'Open calls' });
const sizes = defineHistogram({ name: 'bare_sizes', help: 'Sizes', buckets: [1, 10] });

class Service {
  @Counter(hits)
  @Counter(hits, {})
  @Counter(hits, { labels: {} })
  @Counter(hits, { by: (text) => text.length })
  @Gauge(level, { value: (text) => text.length })
  @Histogram(sizes, { value: (text) => text.length })
  @Timed(sizes)
  @Timed(sizes, {})
  @InFlight(open)
  @InFlight(open, {})
  say(text: string): string {
    return text;
  }
}

const registry = new prom.Registry();
const registers = [registry];
const theirHits = new prom.Counter({ name: 'their_hits_total', help: 'Hits', registers });
const theirLevel = new prom.Gauge({ name: 'their_level', help: 'Level', registers });
const theirOpen = new prom.Gauge({ name: 'their_open', help: 'Open calls', registers });
const theirSizes = new prom.Histogram({ name: 'their_sizes', help: 'Sizes', registers });

class Migrated {
  @Counter(theirHits)
  @Counter(theirHits, { by: (text) => text.length })
  @Gauge(theirLevel, { value: (text) => text.length })
  @Histogram(theirSizes, { value: (text) => text.length })
  @Timed(theirSizes)
  @InFlight(theirOpen)
  say(text: string): string {
    return text;
  }
}

describe(`A shared family without labels (${mode} decorators)`, () => {
  it('suits each of the five decorators alone, with empty options, and with options that are not labels', () => {
    const recorder = new MemoryRecorder({ strict: true });
    attachRecorder(new Service(), recorder).say('hello');
    const values = ['bare_hits_total', 'bare_level', 'bare_sizes_count', 'bare_open'].map((name) =>
      recorder.value(name),
    );
    expect(values).to.deep.equal([1 + 1 + 1 + 5, 5, 3, 0]);
  });

  it('suits each of the five decorators as a metric of prom-client', async () => {
    const recorder = new PrometheusRecorder({ registry, strict: true });
    attachRecorder(new Migrated(), recorder).say('hello');
    const text = await registry.metrics();
    for (const line of ['their_hits_total 6', 'their_level 5', 'their_open 0', 'their_sizes_count 2']) {
      expect(text).to.contain(`\n${line}\n`);
    }
  });

  it('suits instrumentFunction too', () => {
    const recorder = new MemoryRecorder({ strict: true });
    setDefaultRecorder(recorder);
    try {
      instrumentFunction(() => 'done', Counter(hits), InFlight(open))();
      expect([recorder.value('bare_hits_total'), recorder.value('bare_open')]).to.deep.equal([1, 0]);
    } finally {
      setDefaultRecorder(undefined);
    }
  });
});

describe(`A shared family with labels (${mode} decorators)`, () => {
  it('must not be given alone: the error names the labels that are missing', () => {
    const logins = defineCounter({ name: 'logins_total', help: 'Logins', labels: { method: {} } });
    const decorate = (): unknown => instrumentFunction(() => undefined, Counter(logins as never));
    expect(decorate)
      .to.throw('label "method" of family "logins_total" is missing')
      .with.property('code', 'missing_label');
  });

  it('needs a value for @Gauge and @Histogram', () => {
    for (const decorator of [() => Gauge(level as never), () => Histogram(sizes as never)]) {
      expect(() => instrumentFunction(() => undefined, decorator()))
        .to.throw('"value" is missing')
        .with.property('code', 'missing_option');
    }
  });
});
