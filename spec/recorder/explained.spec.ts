import { expect } from 'chai';
import { attachRecorder, Counter, defineGauge, Gauge, InFlight, PrometheusRecorder } from 'flowplane-metrics';
import { warningsOf } from '../no-warnings.js';

const level = defineGauge({
  name: 'explained_level',
  help: 'Level',
  labels: { tank: { oneOf: ['a'] } },
  initial: 'all',
});

class Service {
  constructor() {
    this.prepare();
  }

  @Counter({ name: 'explained_preparations_total', help: 'Calls in the constructor' })
  prepare(): void {}

  @InFlight({ name: 'explained_open', help: 'Calls in flight' })
  call(): void {}

  @Gauge(level, { labels: { tank: 'a' }, value: 0 })
  measure(): void {}
}

describe('What a recorder explains of decorated methods', () => {
  const stateOf = (recorder: PrometheusRecorder, name: string) =>
    recorder.explain().find((one) => one.name === name)?.state;

  it('says that a call was not wired which came before the instance had its recorder, and advice names the cause', async () => {
    const recorder = new PrometheusRecorder({ onAdvice: ({ message }) => messages.push(message) });
    const messages: string[] = [];
    let service: Service | undefined;
    await warningsOf(() => {
      service = attachRecorder(new Service(), recorder);
    });
    expect(stateOf(recorder, 'explained_preparations_total')).to.equal('not wired');
    expect(messages.at(-1)).to.equal(
      'class Service: a call was not recorded, because the instance got its recorder only afterwards (given a call in ' +
        'the constructor, or before attachRecorder). Make the call later, or set a ' +
        'recorder for such calls with setDefaultRecorder(recorder).',
    );
    service?.prepare();
    expect(stateOf(recorder, 'explained_preparations_total')).to.equal('observed');
  });

  it('says that a gauge was observed whose calls have ended, or that was set to 0', async () => {
    const recorder = new PrometheusRecorder();
    let service: Service | undefined;
    await warningsOf(() => {
      service = attachRecorder(new Service(), recorder);
    });
    expect(['explained_open', 'explained_level'].map((name) => stateOf(recorder, name))).to.deep.equal([
      'no call yet',
      'no call yet',
    ]);
    service?.call();
    service?.measure();
    expect(['explained_open', 'explained_level'].map((name) => stateOf(recorder, name))).to.deep.equal([
      'observed',
      'observed',
    ]);
  });
});
