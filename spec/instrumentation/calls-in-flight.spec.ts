import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { attachRecorder, Counter, InFlight, PrometheusRecorder, Timed } from 'flowplane-metrics';

const kinds = [
  'value',
  'promise',
  'generator',
  'asyncGenerator',
  'nodeStream',
  'webStream',
  'callback',
  'nested',
] as const;

type Callback = (error: Error | null, value?: unknown) => void;
type Kind = (typeof kinds)[number];

const fates = ['completed', 'failed', 'aborted', 'abandoned', 'overflowed'] as const;
const boom = new Error('boom');

/** A generator of pseudo-random numbers, so that a failure can be repeated. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

class Service {
  @InFlight({ name: 'property_by_kind_in_flight', help: 'Calls', advice: false, labels: { kind: (kind) => kind } })
  @InFlight({ name: 'property_all_in_flight', help: 'Calls' })
  @Counter({ name: 'property_calls_total', help: 'Calls', labels: { kind: (kind) => kind } })
  call<R>(_kind: Kind, make: () => R): R {
    return make();
  }

  @Timed({ name: 'property_seconds', help: 'Duration' })
  @InFlight({ name: 'property_asked_in_flight', help: 'Calls', completion: 'callback' })
  ask(start: (callback: Callback) => void, callback: Callback): void {
    start(callback);
  }

  @InFlight({ name: 'property_deep_in_flight', help: 'Calls', labels: { at: (at) => at % 3 } })
  deep(at: number): number {
    return this.deep(at + 1) + 1;
  }
}

/** Makes one call of a kind, and gives what completes it, fails it or aborts it. */
const starters: Readonly<Record<Kind, (service: Service, random: (below: number) => number) => Ways>> = {
  value: (service) => {
    service.call('value', () => 1);
    return {};
  },
  promise: (service) => {
    let settle: [(value: unknown) => void, (reason: unknown) => void] = [() => undefined, () => undefined];
    const pending = (...both: typeof settle): void => {
      settle = both;
    };
    const promise = service.call('promise', () => new Promise(pending)).catch(() => undefined);
    const settled = (act: () => void) => () => {
      act();
      return promise;
    };
    return {
      completed: settled(() => settle[0](1)),
      failed: settled(() => settle[1](boom)),
      aborted: settled(() => settle[1](new DOMException('left', 'AbortError'))),
    };
  },
  generator: (service, random) => {
    const generator = service.call('generator', function* (): Generator<number, undefined> {
      for (;;) yield 1;
    });
    for (let i = random(3); i > 0; i--) generator.next();
    return {
      completed: () => generator.return(undefined),
      failed: () => {
        expect(() => generator.throw(boom)).to.throw(boom);
      },
      aborted: () => {
        for (const _ of generator) break;
      },
    };
  },
  asyncGenerator: (service) => {
    const generator = service.call('asyncGenerator', async function* (): AsyncGenerator<number, undefined> {
      for (;;) yield 1;
    });
    return {
      completed: () => generator.return(undefined),
      failed: () => generator.throw(boom).catch(() => undefined),
      aborted: async () => {
        for await (const _ of generator) break;
      },
    };
  },
  nodeStream: (service) => {
    const stream = service.call('nodeStream', () => new Readable({ read() {} }));
    stream.on('error', () => undefined);
    const end = (act: () => unknown) =>
      new Promise((resolve) => {
        stream.on('close', resolve);
        act();
      });
    return {
      completed: () => end(() => stream.resume().push(null)),
      failed: () => end(() => stream.destroy(boom)),
      aborted: () => end(() => stream.destroy()),
    };
  },
  webStream: (service) => {
    let controller: ReadableStreamDefaultController | undefined;
    const stream = service.call('webStream', () => {
      const start = (given: ReadableStreamDefaultController): void => {
        controller = given;
      };
      return new ReadableStream({ start });
    });
    return {
      completed: () => controller?.close(),
      failed: () => controller?.error(boom),
      aborted: () => stream.cancel(),
    };
  },
  callback: (service) => {
    let callback: Callback = () => undefined;
    service.ask(
      (given) => {
        callback = given;
      },
      () => undefined,
    );
    return {
      completed: () => callback(null, 1),
      failed: () => callback(boom),
      aborted: () => {
        callback(boom);
        callback(null);
      },
    };
  },
  nested: (service) => {
    const outer = service.call('nested', async () => service.call('promise', async () => await setImmediate(1)));
    return { completed: () => outer };
  },
};

type Ways = Partial<Record<(typeof fates)[number], () => unknown>>;

/** Runs random calls, each to a random end, with many of them in flight at a time. */
async function run(service: Service, random: (below: number) => number, calls: number): Promise<void> {
  const open: Ways[] = [];
  for (let i = 0; i < calls; i++) {
    const kind = kinds[random(kinds.length)] as Kind;
    open.push(starters[kind](service, random));
    if (random(20) === 0) expect(() => service.deep(0)).to.throw(RangeError);
    if (random(4) === 0) await end(open.splice(random(open.length), 1)[0] as Ways, random);
  }
  for (const ways of open.splice(0)) await end(ways, random);
}

async function end(ways: Ways, random: (below: number) => number): Promise<void> {
  await ways[fates[random(fates.length)] as (typeof fates)[number]]?.();
}

describe('Gauges of calls in flight', () => {
  for (const seed of [1, 2, 3]) {
    it(`end at zero after random calls of every kind, completed, failed, aborted or abandoned (seed ${seed})`, async () => {
      const recorder = new PrometheusRecorder();
      const service = attachRecorder(new Service(), recorder);
      await run(service, createRandom(seed), 300);
      const inFlight = async () =>
        (await recorder.snapshot())
          .filter(({ name }) => name.endsWith('in_flight'))
          .flatMap(({ samples }) => samples.map(({ name, labels, value }) => ({ name, labels, value })));
      expect((await inFlight()).length).to.be.above(10);
      let left = await inFlight();
      for (let i = 0; i < 50 && left.some(({ value }) => value !== 0); i++) {
        await setImmediate();
        global.gc?.();
        left = await inFlight();
      }
      expect(left.filter(({ value }) => value !== 0)).to.deep.equal([]);
    });
  }
});
