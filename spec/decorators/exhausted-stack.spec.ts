import { expect } from 'chai';
import { attachRecorder, Counter, InFlight, outcome, PrometheusRecorder, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

/** The same recursion, bare, written by hand, and decorated. */
class Recursion {
  depth = 0;
  inFlight = 0;

  bare(): number {
    this.depth++;
    return this.bare() + 1;
  }

  byHand(): number {
    this.inFlight++;
    try {
      return this.measured();
    } finally {
      this.inFlight--;
    }
  }

  measured(): number {
    this.depth++;
    return this.byHand() + 1;
  }

  @Counter({ name: 'deep_calls_total', help: 'Calls', labels: { outcome } })
  @InFlight({ name: 'deep_calls_in_flight', help: 'Calls in flight' })
  decorated(): number {
    this.depth++;
    return this.decorated() + 1;
  }

  @Timed({ name: 'deep_seconds', help: 'Duration', labels: { kind: (kind) => kind } })
  @InFlight({ name: 'deep_kinds_in_flight', help: 'Calls in flight', labels: { kind: (kind) => kind } })
  @Counter({ name: 'deep_kinds_total', help: 'Calls', labels: { kind: (kind) => kind } })
  labelled(kind: string): number {
    this.depth++;
    return this.labelled(kind) + 1;
  }

  @InFlight({ name: 'leaf_in_flight', help: 'Calls in flight' })
  @Counter({ name: 'leaf_calls_total', help: 'Calls', labels: { outcome } })
  leaf(): string {
    return 'unharmed';
  }

  /** Calls the leaf at every depth until the stack is exhausted, and gives how often it returned. */
  leaves(): number {
    let returned = 0;
    const descend = (): void => {
      if (this.leaf() === 'unharmed') returned++;
      descend();
    };
    expect(descend).to.throw(RangeError);
    return returned;
  }

  @InFlight({ name: 'steps_in_flight', help: 'Generators in flight' })
  *steps(): Generator<number> {
    yield 1;
  }
}

const depthOf = (recursion: Recursion, run: () => unknown): number => {
  recursion.depth = 0;
  expect(run).to.throw(RangeError);
  return recursion.depth;
};

describe(`A decorated method that exhausts the stack (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let recursion: Recursion;

  beforeEach(() => {
    recorder = new MemoryRecorder({ onError: (error) => expect.fail(error.message) });
    recursion = attachRecorder(new Recursion(), recorder);
  });

  it('counts each of its calls, and leaves zero calls in flight, however often that happens', () => {
    let depth = 0;
    for (let i = 0; i < 3; i++) depth += depthOf(recursion, () => recursion.decorated());
    expect(recorder.value('deep_calls_in_flight')).to.equal(0);
    // Why not equal: a call whose instrumentation has no stack to begin with may be counted or not.
    expect(recorder.value('deep_calls_total', { outcome: 'error' })).to.be.within(depth, depth + 10);
  });

  it('leaves zero calls in flight with readers and stacked decorators, by the real recorder', async () => {
    const real = new PrometheusRecorder({ onError: (error) => expect.fail(error.message) });
    attachRecorder(recursion, real);
    const depth = depthOf(recursion, () => recursion.labelled('tree'));
    const samples = (await real.snapshot()).flatMap((family) => family.samples);
    const read = (name: string) => samples.find((one) => one.name === name)?.value;
    expect(read('deep_kinds_in_flight')).to.equal(0);
    for (const name of ['deep_kinds_total', 'deep_seconds_count']) expect(read(name)).to.be.within(depth, depth + 2);
  });

  it('reaches at least 60 % of the depth of a try and finally written by hand', () => {
    // Why the deepest of several: the compiler changes the size of frames meanwhile.
    const deepest = (run: () => unknown): number =>
      Math.max(...Array.from({ length: 5 }, () => depthOf(recursion, run)));
    const byHand = deepest(() => recursion.byHand());
    expect(deepest(() => recursion.decorated()) / byHand).to.be.above(0.6);
  });

  it('returns its result where the stack is exhausted only after it, and is counted nevertheless', () => {
    let returned = 0;
    for (let i = 0; i < 5; i++) returned += recursion.leaves();
    expect(recorder.value('leaf_in_flight')).to.equal(0);
    const counted = recorder.value('leaf_calls_total', { outcome: 'success' }) ?? 0;
    expect(counted).to.be.within(returned - 5, returned);
  });

  it('leaves zero generators in flight', () => {
    const open: Generator<number>[] = [];
    const descend = (): void => {
      const generator = recursion.steps();
      open.push(generator);
      generator.next();
      descend();
    };
    expect(descend).to.throw(RangeError);
    for (const generator of open) generator.return(undefined);
    expect(recorder.value('steps_in_flight')).to.equal(0);
  });

  it('drops an observation as reader_threw where a reader recurses without end', () => {
    class Endless {
      @Counter({
        name: 'endless_total',
        help: 'Calls',
        labels: {
          depth: () => {
            const forEver = (): string => forEver();
            return forEver();
          },
        },
      })
      call(): string {
        return 'unharmed';
      }
    }
    const drops = new MemoryRecorder({ onError: () => undefined });
    expect(attachRecorder(new Endless(), drops).call()).to.equal('unharmed');
    expect(drops.drops).to.deep.equal([{ metric: 'endless_total', reason: 'reader_threw' }]);
  });
});
