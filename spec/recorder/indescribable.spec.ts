import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { Gauge as PromGauge, Registry } from 'prom-client';
import { formatValue } from '../../lib/error.js';
import {
  Counter,
  defineCounter,
  defineGauge,
  Gauge,
  InFlight,
  instrumentFunction,
  MetricsError,
  PrometheusRecorder,
  scrape,
  setDefaultRecorder,
} from '../../lib/index.js';
import { warningsOf } from '../no-warnings.js';

const withProperty = (name: string, descriptor: PropertyDescriptor): Error =>
  Object.defineProperty(new Error('plain'), name, descriptor);
const fail = (): never => {
  throw new Error('from a getter');
};
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** What can be thrown of which a message cannot simply be made. */
const thrown: Readonly<Record<string, () => unknown>> = {
  'an object without a prototype': () => Object.create(null),
  'an object whose toString throws': () => ({ toString: fail }),
  'a symbol': () => Symbol('x'),
  undefined: () => undefined,
  'a revoked Proxy': revoked,
  'an error whose message is a getter that throws': () => withProperty('message', { get: fail }),
  'an error whose message is a symbol': () => withProperty('message', { value: Symbol('x') }),
  'an error whose name is a getter that throws': () => withProperty('name', { get: fail }),
  'an error whose prototype is a revoked Proxy': () => Object.setPrototypeOf(new Error('plain'), revoked()),
  'an error with a million characters': () => new Error('x'.repeat(1e6)),
};

const byHand = defineCounter({ name: 'odd_by_hand_total', help: 'By hand', labels: { team: {} } });
const asked = defineGauge({ name: 'odd_asked', help: 'A gauge with a collector' });
const steady = defineGauge({ name: 'odd_steady', help: 'A gauge that is set' });

/** Every way in which code of the user runs inside a call that is measured. */
function readers(fault: () => never): Readonly<Record<string, (recorder: PrometheusRecorder) => unknown>> {
  const work = (_team: string) => 'unharmed';
  const labels = { team: fault };
  return {
    'a label': instrumentFunction(work, Counter({ name: 'odd_label_total', help: 'Calls', labels })).bind(null, 'a'),
    'a label of calls in flight': instrumentFunction(
      work,
      InFlight({ name: 'odd_flight', help: 'Calls', labels }),
    ).bind(null, 'a'),
    when: instrumentFunction(work, Counter({ name: 'odd_when_total', help: 'Calls', when: fault })).bind(null, 'a'),
    value: instrumentFunction(work, Gauge({ name: 'odd_value', help: 'Value', value: fault })).bind(null, 'a'),
    'a label by hand': (recorder) => {
      recorder.counter(byHand).inc({
        get team() {
          return fault();
        },
      });
      return 'unharmed';
    },
  };
}

describe('Code of the user that throws inside a measurement', () => {
  afterEach(() => setDefaultRecorder(undefined));

  for (const [title, create] of Object.entries(thrown)) {
    const fault = (): never => {
      throw create();
    };

    it(`leaves the call unharmed, and is told in a short message: ${title}`, () => {
      const told: MetricsError[] = [];
      const recorder = new PrometheusRecorder({ onError: (error) => told.push(error), onAdvice: () => undefined });
      setDefaultRecorder(recorder);
      for (const [where, call] of Object.entries(readers(fault))) {
        expect(call(recorder), where).to.equal('unharmed');
        expect(told.at(-1), where).to.have.property('code', 'reader_threw');
        expect(told.at(-1)?.message.length, where).to.be.below(1500);
      }
      expect(told).to.have.length(5);
    });

    it(`reaches a call in strict mode only as a MetricsError: ${title}`, () => {
      const recorder = new PrometheusRecorder({ strict: true, onAdvice: () => undefined });
      setDefaultRecorder(recorder);
      for (const [where, call] of Object.entries(readers(fault))) {
        expect(() => call(recorder), where).to.throw(MetricsError, 'is dropped: a reader threw');
      }
    });

    it(`costs a scrape only the metric of its collector: ${title}`, async () => {
      const told: MetricsError[] = [];
      const registry = new Registry();
      const recorder = new PrometheusRecorder({ registry, onError: (error) => told.push(error) });
      new PromGauge({ name: 'odd_external', help: 'External', registers: [registry], collect: fault });
      recorder.gauge(steady).set({}, 7);
      for (const collector of [
        fault,
        async () => fault(),
        () => [
          { labels: {}, value: 1 },
          {
            labels: {},
            get value() {
              return fault();
            },
          },
        ],
      ]) {
        recorder.gauge(asked).collect(collector as never);
        const exposed = await text((await scrape(recorder, { method: 'GET' })).body);
        expect(exposed)
          .to.contain('\nodd_steady 7\n')
          .and.not.match(/^odd_(asked|external) /m);
      }
      expect(told.map(({ code }) => code)).to.have.members(['collector_failed', 'collector_failed']);
      for (const { message } of told) expect(message.length).to.be.below(1500);
    });
  }
});

describe('A listener of a recorder', () => {
  it('leaves no rejection unhandled where it is an async function that fails', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('from a listener');
    };
    const recorder = new PrometheusRecorder({ onError: failing, onAdvice: failing });
    recorder.counter(byHand).inc({ team: 'a' }, -1);
    recorder.advise({ code: 'naming', message: 'an advice' });
    recorder.gauge(asked).collect(fail);
    expect(await warningsOf(() => recorder.snapshot())).to.deep.equal([]);
    // Why a turn: Node tells an unhandled rejection after the microtasks, and the suite fails then.
    await new Promise(setImmediate);
  });
});

describe('A value in the message of an error', () => {
  it('can be shown where it has no text, is revoked, is long or contains itself', () => {
    const itself: unknown[] = ['a'];
    itself.push(itself);
    expect(formatValue(itself)).to.equal('["a", a list]');
    expect(formatValue(revoked())).to.equal('an object');
    expect(formatValue([revoked(), Object.create(null), Symbol('x'), 1n])).to.equal(
      '[an object, an object, Symbol(x), 1]',
    );
    expect(formatValue(new Array(1e6).fill('x'))).to.have.length(82);
    const { proxy } = Proxy.revocable([], { get: fail });
    expect(formatValue(proxy)).to.equal('a list');
  });
});
