import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { attachRecorder, Counter, Gauge, InFlight, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const boom = new Error('boom');

/** Calls by how they ended, and those that have not ended. */
const end = { result: () => 'returned', error: () => 'threw' };

class Source {
  constructor(private readonly recorder: MemoryRecorder) {}

  @InFlight({ name: 'open_calls', help: 'Calls that have not ended' })
  @Counter({ name: 'ended_calls_total', help: 'Calls that have ended', labels: { end } })
  @Timed({ name: 'call_seconds', help: 'Duration' })
  give<R>(result: () => R): R {
    expect(this.recorder.value('open_calls')).to.be.at.least(1);
    return result();
  }

  @Gauge({ name: 'last_result', help: 'What a generator returned', value: (result) => result })
  *count(to: number): Generator<number, number, unknown> {
    for (let i = 0; i < to; i++) yield i;
    return to;
  }

  @Gauge({ name: 'last_async_result', help: 'What an async generator returned', value: (result) => result })
  async *countLater(to: number): AsyncGenerator<number, number, unknown> {
    for (let i = 0; i < to; i++) yield i;
    return to;
  }

  @InFlight({ name: 'shared_calls', help: 'Calls that have not ended' })
  shared(stream: Readable): Readable {
    return stream;
  }
}

function* numbers(): Generator<number, string, unknown> {
  try {
    yield 1;
    yield 2;
    return 'done';
  } finally {
    yield* [];
  }
}

async function* laterNumbers(): AsyncGenerator<number, string, unknown> {
  yield 1;
  yield 2;
  return 'done';
}

describe(`The end of a call (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let source: Source;
  let seconds: number;

  beforeEach(() => {
    seconds = 0;
    recorder = new MemoryRecorder({ strict: true, clock: () => seconds });
    source = attachRecorder(new Source(recorder), recorder);
  });

  /** How many calls have not ended, have returned, have thrown. */
  const seen = () => [
    recorder.value('open_calls'),
    recorder.value('ended_calls_total', { end: 'returned' }) ?? 0,
    recorder.value('ended_calls_total', { end: 'threw' }) ?? 0,
  ];
  const isOpen = () => expect(seen()).to.deep.equal([1, 0, 0]);
  const hasReturned = () => expect(seen()).to.deep.equal([0, 1, 0]);
  const hasThrown = () => expect(seen()).to.deep.equal([0, 0, 1]);

  it('is its return', () => {
    expect(source.give(() => 7)).to.equal(7);
    hasReturned();
  });

  it('is its throw', () => {
    expect(() =>
      source.give(() => {
        throw boom;
      }),
    ).to.throw(boom);
    hasThrown();
  });

  it('is when its promise resolves', async () => {
    const call = source.give(() => Promise.resolve(7));
    isOpen();
    expect(await call).to.equal(7);
    hasReturned();
  });

  it('is when its promise rejects', async () => {
    const call = source.give(() => Promise.reject(boom));
    isOpen();
    expect(await call.catch((reason: unknown) => reason)).to.equal(boom);
    hasThrown();
  });

  describe('that gives back a lazy query', () => {
    class Query implements PromiseLike<string> {
      static runs = 0;
      readonly #table: string;
      constructor(table: string) {
        this.#table = table;
      }
      where(condition: string): Query {
        return new Query(`${this.#table} where ${condition}`);
      }
      // biome-ignore lint/suspicious/noThenProperty: that is what a lazy query is.
      then: PromiseLike<string>['then'] = (...handlers) => {
        Query.runs++;
        return Promise.resolve(`select from ${this.#table}`).then(...handlers);
      };
    }

    it('is at once; the query keeps its builder and runs once, when awaited', async () => {
      const query = source.give(() => new Query('teams'));
      hasReturned();
      expect(Query.runs).to.equal(0);
      expect(await query.where('id = 1')).to.equal('select from teams where id = 1');
      expect(Query.runs).to.equal(1);
    });
  });

  for (const [what, make] of [
    ['a promise subclass', () => new (class Special extends Promise<number> {})((resolve) => resolve(1))],
    ['a promise with properties of its own', () => Object.assign(Promise.resolve(1), { child: {} })],
    ['a frozen object', () => Object.freeze({ rows: [] })],
    ['an observable', () => ({ subscribe: () => expect.fail('subscribed to') })],
    ['a cursor', () => ({ next: () => expect.fail('read'), [Symbol.asyncIterator]: () => expect.fail('iterated') })],
    ['an array iterator', () => [1, 2][Symbol.iterator]()],
    ['null', () => null],
    ['a revoked Proxy', revoked],
  ] as const) {
    it(`is at once where it gives back ${what}, which is the same`, () => {
      const value: unknown = make();
      expect(source.give<unknown>(() => value) === value).to.equal(true);
      hasReturned();
    });
  }

  describe('that gives back a generator', () => {
    const open = () => {
      const generator = numbers();
      expect(source.give(() => generator)).to.equal(generator);
      isOpen();
      return generator;
    };

    it('is when it is exhausted', () => {
      const generator = open();
      expect([...generator]).to.deep.equal([1, 2]);
      hasReturned();
      expect(generator.next()).to.deep.equal({ done: true, value: undefined });
      hasReturned();
    });

    it('is when it is left by break', () => {
      for (const n of open()) if (n === 1) break;
      hasReturned();
    });

    it('is when it is left by return', () => {
      const generator = open();
      generator.next();
      isOpen();
      expect(generator.return('early')).to.deep.equal({ done: true, value: 'early' });
      hasReturned();
    });

    it('is when destructuring has taken enough', () => {
      const [first] = open();
      expect(first).to.equal(1);
      hasReturned();
    });

    it('is when it throws', () => {
      const generator = source.give(function* () {
        yield 1;
        throw boom;
      });
      expect(() => [...generator]).to.throw(boom);
      hasThrown();
    });

    it('is when it is thrown into', () => {
      const generator = open();
      generator.next();
      expect(() => generator.throw(boom)).to.throw(boom);
      hasThrown();
    });

    it('is when another generator has delegated to it', () => {
      const generator = open();
      const outer = (function* () {
        return yield* generator;
      })();
      expect([...outer]).to.deep.equal([1, 2]);
      hasReturned();
    });

    it('is not when it steps itself while it runs', () => {
      const generator: Generator<string> = source.give(function* () {
        expect(() => generator.next()).to.throw(TypeError);
        yield 'alive';
      });
      expect(generator.next().value).to.equal('alive');
      isOpen();
      generator.return(undefined);
      hasReturned();
    });

    it('takes what is sent, shows no property, keeps its brand', () => {
      const generator = source.give(function* (): Generator<string, unknown, unknown> {
        return yield 'ready';
      });
      expect(Object.keys(generator)).to.deep.equal([]);
      expect(String(generator)).to.equal('[object Generator]');
      expect(generator.next.name).to.equal('next');
      generator.next();
      expect(generator.next('sent').value).to.equal('sent');
    });

    it('reads as its result what it returned, and times it to its end', () => {
      expect([...source.count(3)]).to.deep.equal([0, 1, 2]);
      expect(recorder.value('last_result')).to.equal(3);
      const generator = open();
      seconds = 5;
      generator.return('');
      expect(recorder.value('call_seconds_sum')).to.equal(5);
    });
  });

  describe('that gives back an async generator', () => {
    const open = () => {
      const generator = laterNumbers();
      expect(source.give(() => generator)).to.equal(generator);
      isOpen();
      return generator;
    };

    it('is when it is exhausted', async () => {
      const read: number[] = [];
      for await (const n of open()) read.push(n);
      expect(read).to.deep.equal([1, 2]);
      hasReturned();
    });

    it('is when it is left by break', async () => {
      for await (const n of open()) if (n === 1) break;
      hasReturned();
    });

    it('is when it is left by return', async () => {
      const generator = open();
      await generator.next();
      isOpen();
      expect(await generator.return('early')).to.deep.equal({ done: true, value: 'early' });
      hasReturned();
    });

    it('is when it throws', async () => {
      const generator = source.give(async function* () {
        yield 1;
        throw boom;
      });
      await generator.next();
      expect(await generator.next().catch((reason: unknown) => reason)).to.equal(boom);
      hasThrown();
    });

    it('is when it is thrown into', async () => {
      const generator = open();
      await generator.next();
      expect(await generator.throw(boom).catch((reason: unknown) => reason)).to.equal(boom);
      hasThrown();
    });

    it('is the last of several steps that were asked for at once', async () => {
      const generator = open();
      const steps = await Promise.all([generator.next(), generator.next(), generator.next(), generator.next()]);
      expect(steps.map(({ done }) => done)).to.deep.equal([false, false, true, true]);
      hasReturned();
    });

    it('reads as its result what it returned', async () => {
      for await (const _ of source.countLater(4));
      expect(recorder.value('last_async_result')).to.equal(4);
    });
  });

  it('is when the generator ends that its promise resolved to', async () => {
    const generator = await source.give(async () => numbers());
    isOpen();
    expect([...generator]).to.deep.equal([1, 2]);
    hasReturned();
  });

  it('gives back what @InFlight holds when an abandoned generator is collected', async () => {
    (() => source.give(numbers).next())();
    isOpen();
    for (let i = 0; i < 50 && recorder.value('open_calls') !== 0; i++) {
      await setImmediate();
      global.gc?.();
    }
    expect(seen()).to.deep.equal([0, 0, 0]);
  });

  describe('that gives back a Node stream', () => {
    it('is when it has been read to its end', async () => {
      const stream = source.give(() => Readable.from(['a', 'b']));
      isOpen();
      expect(await stream.toArray()).to.deep.equal(['a', 'b']);
      await setImmediate();
      hasReturned();
    });

    it('is at its end, also where it never closes', async () => {
      const stream = source.give(() => new Readable({ read() {}, autoDestroy: false, emitClose: false }));
      stream.push(null);
      stream.resume();
      await once(stream, 'end');
      hasReturned();
    });

    it('is when it fails', async () => {
      const stream = source.give(() => new Readable({ read() {} }));
      stream.destroy(boom);
      expect(await once(stream, 'close').catch((reason: unknown) => reason)).to.equal(boom);
      hasThrown();
    });

    it('is when it is destroyed', async () => {
      const stream = source.give(() => new Readable({ read() {} }));
      stream.destroy();
      await once(stream, 'close');
      hasReturned();
    });

    it('has come where it was closed before', async () => {
      const stream = new Readable({ read() {} }).destroy();
      await once(stream, 'close');
      source.give(() => stream);
      hasReturned();
    });

    it('is when a writable has finished, or a duplex has done both', async () => {
      const sink = source.give(() => new Writable({ write: (_chunk, _encoding, done) => done() }));
      sink.end('x');
      await once(sink, 'close');
      hasReturned();
      const both = source.give(() => new PassThrough());
      const atEnd = new Promise((resolve) => both.on('end', () => resolve(seen())));
      both.resume().end('x');
      await once(both, 'close');
      expect(await atEnd).to.deep.equal([1, 1, 0]);
      expect(seen()).to.deep.equal([0, 2, 0]);
    });

    it('leaves an uncaught error uncaught', async () => {
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      try {
        const uncaught = once(process, 'uncaughtException');
        source.give(() => new Readable({ read() {} })).destroy(boom);
        expect((await uncaught)[0]).to.equal(boom);
      } finally {
        for (const listener of listeners) process.on('uncaughtException', listener);
      }
      hasThrown();
    });

    it('does not start it', async () => {
      let reads = 0;
      const stream = source.give(() => new Readable({ read: () => reads++ }));
      await setImmediate();
      expect([reads, stream.readableFlowing]).to.deep.equal([0, null]);
      stream.destroy();
    });

    it('has come for one that the method has handed out before, which gathers no listeners', () => {
      const stream = new Readable({ read() {} });
      for (let i = 0; i < 100; i++) source.shared(stream);
      expect(recorder.value('shared_calls')).to.equal(1);
      expect(stream.listenerCount('close')).to.equal(1);
      stream.destroy();
    });
  });

  describe('that gives back a web stream', () => {
    it('is when it has been read to its end, and takes no lock', async () => {
      const stream = source.give(() => ReadableStream.from(['a', 'b']));
      expect(stream.locked).to.equal(false);
      isOpen();
      for await (const _ of stream);
      await setImmediate();
      hasReturned();
    });

    it('is when it is cancelled', async () => {
      await source.give(() => new ReadableStream()).cancel();
      await setImmediate();
      hasReturned();
    });

    it('is when it fails', async () => {
      const stream = source.give(() => new ReadableStream({ start: (controller) => controller.error(boom) }));
      const reason = await stream
        .getReader()
        .read()
        .catch((thrown: unknown) => thrown);
      expect(reason).to.equal(boom);
      await setImmediate();
      hasThrown();
    });
  });

  it('brings @InFlight to zero after 100,000 concurrent calls, a third of which reject', async () => {
    const calls = Array.from({ length: 100_000 }, (_, i) =>
      source.give(async () => {
        await undefined;
        if (i % 3 === 0) throw boom;
      }),
    );
    expect(recorder.value('open_calls')).to.equal(100_000);
    await Promise.allSettled(calls);
    expect(seen()).to.deep.equal([0, 66_666, 33_334]);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
