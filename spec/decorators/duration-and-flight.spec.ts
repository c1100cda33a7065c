import { expect } from 'chai';
import { attachRecorder, Histogram, InFlight, outcome, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

class Service {
  constructor(private readonly pass: (seconds: number) => void) {}

  @Histogram({ name: 'body_bytes', help: 'Size', unit: 'bytes', buckets: [10, 100], value: (body) => body.length })
  body(length: number): string {
    return 'x'.repeat(length);
  }

  @Timed({ name: 'work_seconds', help: 'Duration', buckets: [1, 10], labels: { outcome } })
  async work(seconds: number, fails: boolean): Promise<void> {
    await Promise.resolve();
    this.pass(seconds);
    if (fails) throw new Error('failed');
  }

  @Timed()
  bare(): void {
    this.pass(2);
  }

  @Timed({ name: 'slow_seconds', help: 'Slow calls', on: 'returned', when: (result) => result === 'slow' })
  maybe(result: string): string {
    this.pass(1);
    return result;
  }

  @InFlight({ name: 'in_flight', help: 'Calls in flight', labels: { kind: (kind) => kind } })
  wait(_kind: string, until: Promise<unknown>): Promise<unknown> {
    return until;
  }

  @InFlight({ name: 'in_flight_sync', help: 'Calls in flight' })
  see(look: () => void): void {
    look();
  }

  @InFlight({
    name: 'in_flight_faulty',
    help: 'Calls in flight whose label cannot be read',
    labels: {
      x: (): string => {
        throw new Error('unreadable');
      },
    },
  })
  faulty(): string {
    return 'unharmed';
  }
}

describe(`Durations and calls in flight (${mode} decorators)`, () => {
  let now: number;
  let recorder: MemoryRecorder;
  let service: Service;

  beforeEach(() => {
    now = 100;
    recorder = new MemoryRecorder({ clock: () => now, onError: () => undefined });
    service = attachRecorder(
      new Service((seconds) => {
        now += seconds;
      }),
      recorder,
    );
  });

  it('@Histogram observes the value of calls that returned', () => {
    for (const length of [5, 50, 500]) service.body(length);
    const buckets = recorder.series('body_bytes_bucket').map(({ labels, value }) => [labels['le'], value]);
    expect(buckets).to.deep.equal([
      ['10', 1],
      ['100', 2],
      ['+Inf', 3],
    ]);
    expect(recorder.value('body_bytes_sum')).to.equal(555);
  });

  it('@Timed observes seconds by the clock of the recorder until the promise has settled', async () => {
    await service.work(3, false);
    await service.work(20, true).catch(() => undefined);
    expect(recorder.value('work_seconds_sum', { outcome: 'success' })).to.equal(3);
    expect(recorder.value('work_seconds_sum', { outcome: 'error' })).to.equal(20);
    expect(recorder.value('work_seconds_bucket', { outcome: 'success', le: '1' })).to.equal(0);
    expect(recorder.value('work_seconds_bucket', { outcome: 'success', le: '10' })).to.equal(1);
  });

  it('@Timed leaves the call unharmed when the clock throws', () => {
    const clock = (): number => {
      throw new Error('no time');
    };
    const timeless = new MemoryRecorder({ clock, onError: () => undefined });
    expect(attachRecorder(new Service(() => undefined), timeless).maybe('slow')).to.equal('slow');
    expect(timeless.drops).to.deep.equal([{ metric: 'slow_seconds', reason: 'not_finite' }]);
  });

  it('@Timed() without options observes method_duration_seconds by class and method', () => {
    service.bare();
    expect(recorder.value('method_duration_seconds_sum', { class: 'Service', method: 'bare' })).to.equal(2);
  });

  it('@Timed passes to "when" what the option "on" selects', () => {
    service.maybe('slow');
    service.maybe('fast');
    expect(recorder.value('slow_seconds_count')).to.equal(1);
  });

  it('@InFlight counts a call from its start until it settles, also when it rejects', async () => {
    let settle: [(value: unknown) => void, (reason: unknown) => void] = [() => undefined, () => undefined];
    const pending = new Promise((...both) => {
      settle = both;
    });
    const calls = [
      service.wait('a', pending),
      service.wait('a', pending),
      service.wait('b', Promise.reject(new Error())),
    ];
    expect(recorder.value('in_flight', { kind: 'a' })).to.equal(2);
    expect(recorder.value('in_flight', { kind: 'b' })).to.equal(1);
    settle[0](undefined);
    await Promise.allSettled(calls);
    expect(recorder.series('in_flight').map(({ value }) => value)).to.deep.equal([0, 0]);
  });

  it('@InFlight returns to 0 when the method throws', () => {
    const look = () => {
      expect(recorder.value('in_flight_sync')).to.equal(1);
      throw new Error('seen');
    };
    expect(() => service.see(look)).to.throw('seen');
    expect(recorder.value('in_flight_sync')).to.equal(0);
  });

  it('@InFlight leaves the call unharmed when its reader throws', () => {
    expect(service.faulty()).to.equal('unharmed');
    expect(recorder.drops).to.deep.equal([{ metric: 'in_flight_faulty', reason: 'reader_threw' }]);
  });
});
