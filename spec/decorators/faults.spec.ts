import { expect } from 'chai';
import { attachRecorder, Counter, Gauge, InFlight, type MetricsError, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

class Faulty {
  @Counter({
    name: 'reader_throws_total',
    help: 'Its reader throws',
    labels: {
      team: (): string => {
        throw new Error('no team');
      },
    },
  })
  readerThrows(): string {
    return 'unharmed';
  }

  @Counter({ name: 'label_object_total', help: 'Its label is an object', labels: { x: (): string => [1] as never } })
  labelObject(): string {
    return 'unharmed';
  }

  @Counter({
    name: 'label_promise_total',
    help: 'Its label is a rejecting promise',
    labels: { x: (): string => Promise.reject(new Error('late')) as never },
  })
  labelPromise(): string {
    return 'unharmed';
  }

  @Gauge({ name: 'not_a_number', help: 'Its value is NaN', value: () => Number.NaN })
  notANumber(): string {
    return 'unharmed';
  }

  @Gauge({ name: 'promised_value', help: 'Its value is a promise', value: () => Promise.resolve(1) as never })
  promisedValue(): string {
    return 'unharmed';
  }

  @Counter({ name: 'negative_total', help: 'Its step is negative', by: () => -1 })
  negative(): string {
    return 'unharmed';
  }

  @Counter({
    name: 'when_throws_total',
    help: 'Its when throws',
    when: () => {
      throw new Error('when?');
    },
  })
  async whenThrows(): Promise<string> {
    return 'unharmed';
  }

  @InFlight({ name: 'stacked_in_flight', help: 'Calls in flight' })
  @Timed({ name: 'stacked_seconds', help: 'Duration' })
  @Gauge({
    name: 'stacked_value',
    help: 'Its value cannot be read',
    value: () => {
      throw new Error('no value');
    },
  })
  @Counter({ name: 'stacked_total', help: 'Calls' })
  async stacked(fails: boolean): Promise<string> {
    if (fails) throw new Error('asked for');
    return 'unharmed';
  }
}

const cases = [
  ['readerThrows', 'reader_throws_total', 'reader_threw'],
  ['labelObject', 'label_object_total', 'label_type'],
  ['labelPromise', 'label_promise_total', 'reader_promise'],
  ['notANumber', 'not_a_number', 'not_finite'],
  ['promisedValue', 'promised_value', 'reader_promise'],
  ['negative', 'negative_total', 'negative_step'],
  ['whenThrows', 'when_throws_total', 'reader_threw'],
] as const;

describe(`A fault inside instrumentation (${mode} decorators)`, () => {
  for (const [method, metric, reason] of cases) {
    it(`leaves the call of ${method} unharmed, records no value, counts ${reason} and reports it once`, async () => {
      const told: MetricsError[] = [];
      const recorder = new MemoryRecorder({ onError: (error) => told.push(error) });
      const faulty = attachRecorder(new Faulty(), recorder);
      expect(await faulty[method]()).to.equal('unharmed');
      expect(await faulty[method]()).to.equal('unharmed');
      expect(recorder.series(metric).filter(({ value }) => value !== 0)).to.deep.equal([]);
      expect(recorder.drops).to.deep.equal([
        { metric, reason },
        { metric, reason },
      ]);
      expect(told.map(({ code }) => code)).to.deep.equal([reason]);
      expect(told[0]?.message).to.match(
        new RegExp(`^@\\w+ on Faulty\\.${method}: an observation of "${metric}" is dropped`),
      );
    });
  }

  it('costs only its own metric when several decorators are stacked, and leaves zero calls in flight', async () => {
    const recorder = new MemoryRecorder({ onError: () => undefined });
    const faulty = attachRecorder(new Faulty(), recorder);
    expect(await faulty.stacked(false)).to.equal('unharmed');
    expect(await faulty.stacked(true).catch(({ message }: Error) => message)).to.equal('asked for');
    expect(recorder.drops).to.deep.equal([{ metric: 'stacked_value', reason: 'reader_threw' }]);
    expect(
      ['stacked_in_flight', 'stacked_seconds_count', 'stacked_total'].map((name) => recorder.value(name)),
    ).to.deep.equal([0, 2, 2]);
  });

  it('never reaches the caller, even when onError throws as well', () => {
    const recorder = new MemoryRecorder({
      onError: () => {
        throw new Error('the listener fails too');
      },
    });
    expect(attachRecorder(new Faulty(), recorder).readerThrows()).to.equal('unharmed');
  });

  it('reaches the caller as an error in strict mode', () => {
    const faulty = attachRecorder(new Faulty(), new MemoryRecorder({ strict: true }));
    expect(() => faulty.readerThrows())
      .to.throw('no team')
      .with.property('code', 'reader_threw');
  });
});
