import { expect } from 'chai';
import {
  attachRecorder,
  defaultBuckets,
  defineHistogram,
  instrumentFunction,
  PrometheusRecorder,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import * as prom from 'prom-client';
import { mode } from './mode.js';

const old = defineHistogram({ name: 'old_duration_ms', help: 'Duration', advice: false, buckets: [10, 1000] });
const loud = defineHistogram({ name: 'loud_duration_ms', help: 'Duration' });
const named = defineHistogram({ name: 'named_duration', help: 'Duration', unit: 'milliseconds' });
const right = defineHistogram({ name: 'right_duration_seconds', help: 'Duration' });
const registry = new prom.Registry();
const theirs = new prom.Histogram({ name: 'their_ms', help: 'Duration', buckets: [10, 5000], registers: [registry] });

class Service {
  constructor(private readonly pass: () => void) {}

  @Timed(old, { unit: 'milliseconds' })
  @Timed({ name: 'placed_milliseconds', help: 'Duration', unit: 'milliseconds', advice: false })
  @Timed(right, { unit: 'seconds' })
  measured(): void {
    this.pass();
  }

  @Timed(loud)
  @Timed(named)
  @Timed(old)
  @Timed(right)
  wrong(): void {
    this.pass();
  }

  @Timed(loud, { unit: 'seconds' })
  meant(): void {
    this.pass();
  }

  @Timed(theirs, { unit: 'milliseconds' })
  migrated(): void {
    this.pass();
  }

  @Timed(theirs)
  forgotten(): void {
    this.pass();
  }
}

describe(`The unit of a duration (${mode} decorators)`, () => {
  let now: number;
  const create = <R extends MemoryRecorder | PrometheusRecorder>(make: (clock: () => number) => R): [R, Service] => {
    now = 1;
    const recorder = make(() => now);
    const service = new Service(() => {
      now += 1.5;
    });
    return [recorder, attachRecorder(service, recorder)];
  };
  const memory = () => create((clock) => new MemoryRecorder({ strict: true, clock }));

  it('becomes milliseconds where the decorator of a shared family says so, and is seconds by default', () => {
    const [recorder, service] = memory();
    service.measured();
    expect(recorder.value('old_duration_ms_sum')).to.equal(1500);
    expect(recorder.value('right_duration_seconds_sum')).to.equal(1.5);
    const advice = recorder.advice.filter(({ message }) => /@Timed on Service.measured/.test(message));
    expect(advice).to.deep.equal([]);
  });

  it('becomes milliseconds in place where the unit of the family says so, with default buckets to match', () => {
    const [recorder, service] = memory();
    service.measured();
    expect(recorder.value('placed_milliseconds_sum')).to.equal(1500);
    const bounds = recorder.series('placed_milliseconds_bucket').map(({ labels }) => labels['le']);
    expect(bounds).to.deep.equal([...defaultBuckets.map((bound) => String(Math.round(bound * 1000))), '+Inf']);
  });

  it('gets advice where seconds go into a family whose name or unit says milliseconds, unless advice is off', () => {
    const [recorder, service] = memory();
    service.wrong();
    service.meant();
    const advice = recorder.advice.filter(({ code }) => code === 'duration_unit').map(({ message }) => message);
    expect(advice.toSorted()).to.deep.equal([
      '@Timed on Service.wrong: family "loud_duration_ms" gets seconds, but seems to have milliseconds (given "ms"). ' +
        'Write unit: "milliseconds" at the decorator, or unit: "seconds" where seconds are right.',
      '@Timed on Service.wrong: family "named_duration" gets seconds, but seems to have milliseconds (given ' +
        '"milliseconds"). Write unit: "milliseconds" at the decorator, or unit: "seconds" where seconds are right.',
    ]);
  });

  it('suits an existing histogram of prom-client, and gets advice there too', async () => {
    const advice: string[] = [];
    const [, service] = create(
      (clock) =>
        new PrometheusRecorder({ registry, clock, onAdvice: ({ code }) => code !== 'naming' && advice.push(code) }),
    );
    service.migrated();
    expect(await registry.metrics()).to.contain('their_ms_sum 1500\n');
    expect(advice).to.deep.equal([]);
    service.forgotten();
    expect(advice).to.deep.equal(['duration_unit']);
  });

  it('must be seconds or milliseconds for a shared family', () => {
    for (const unit of ['minutes', 'toString', 7]) {
      expect(() => instrumentFunction(() => undefined, Timed(old, { unit: unit as never })))
        .to.throw('"unit" must be "seconds" or "milliseconds"')
        .with.property('code', 'illegal_option');
    }
  });
});
