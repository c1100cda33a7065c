import { expect } from 'chai';
import {
  attachRecorder,
  Counter,
  Gauge,
  Histogram,
  InFlight,
  outcome,
  PrometheusRecorder,
  Timed,
} from 'flowplane-metrics';
import { mode } from './mode.js';

/** The names of the functions on the stack, the innermost first, without those that V8 itself puts there. */
const namesOnStack = (): string[] =>
  (new Error().stack ?? '')
    .split('\n')
    .slice(1)
    .filter((frame) => !frame.endsWith('(<anonymous>)'))
    .map((frame) => frame.trim());

class Frames {
  @Counter({ name: 'framed_calls_total', help: 'Calls', labels: { outcome } })
  one(): string[] {
    return namesOnStack();
  }

  @Counter({ name: 'framed_all_total', help: 'Calls', labels: { kind: (kind) => kind } })
  @Gauge({ name: 'framed_last', help: 'The last depth', value: (_, names) => names.length })
  @Histogram({ name: 'framed_depth', help: 'Depths', buckets: [10], value: (_, names) => names.length })
  @InFlight({ name: 'framed_in_flight', help: 'Calls in flight' })
  @Timed({ name: 'framed_seconds', help: 'Durations' })
  many(_kind: string): string[] {
    return namesOnStack();
  }

  @Timed({ name: 'framed_async_seconds', help: 'Durations' })
  @Counter({ name: 'framed_async_total', help: 'Calls' })
  async later(): Promise<string[]> {
    return namesOnStack();
  }

  @Counter({ name: 'framed_generators_total', help: 'Calls' })
  *steps(): Generator<string[]> {
    yield namesOnStack();
  }

  @Counter({ name: 'framed_async_generators_total', help: 'Calls' })
  async *stepsLater(): AsyncGenerator<string[]> {
    yield namesOnStack();
  }
}

/** What calls each method, and gives the names that are on the stack inside it. */
const callers: Readonly<Record<string, (frames: Frames) => string[] | Promise<string[]>>> = {
  'a method with one decorator': function userCode(frames) {
    return frames.one();
  },
  'a method with five decorators': function userCode(frames) {
    return frames.many('a');
  },
  'an async method': function userCode(frames) {
    return frames.later();
  },
  'a step of a generator': function userCode(frames) {
    return frames.steps().next().value as string[];
  },
  'a step of an async generator': async function userCode(frames) {
    return (await frames.stepsLater().next()).value as string[];
  },
};

describe(`The stack inside a decorated method (${mode} decorators)`, () => {
  for (const [subject, call] of Object.entries(callers)) {
    it(`has one frame of the library between the caller and ${subject}`, async () => {
      const frames = attachRecorder(new Frames(), new PrometheusRecorder());
      // Why twice: the first call also connects the instance with the recorder.
      await call(frames);
      const names = await call(frames);
      // The first two are the function that reads the stack and the method itself.
      expect(
        names.findIndex((name) => name.includes('userCode')),
        names.join(', '),
      ).to.equal(3);
    });
  }
});
