import { once } from 'node:events';
import { addAbortSignal, PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
    // Why no assertion of chai: 100,000 of them take seconds.
    if (!((this.recorder.value('open_calls') ?? 0) >= 1)) expect.fail('the call is not in flight');
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

class Faulty {
  @Counter({
    name: 'faulty_total',
    help: 'Calls with a reader that throws',
    by: () => {
      throw boom;
    },
  })
  give(stream: Readable): Readable {
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

async function* numbersForEver(): AsyncGenerator<number> {
  // Why turns of the event loop: a stream that flows without them would never let anything else run.
  for (let n = 0; ; n++) yield await setImmediate(n);
}

async function* laterNumbers(): AsyncGenerator<number, string, unknown> {
  yield 1;
  yield 2;
  return 'done';
}

describe(`A call (${mode} decorators)`, () => {
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

  it('ends when the method returns', () => {
    expect(source.give(() => 7)).to.equal(7);
    hasReturned();
  });

  it('ends when the method throws', () => {
    expect(() =>
      source.give(() => {
        throw boom;
      }),
    ).to.throw(boom);
    hasThrown();
  });

  it('ends when the promise of the method resolves', async () => {
    const call = source.give(() => Promise.resolve(7));
    isOpen();
    expect(await call).to.equal(7);
    hasReturned();
  });

  it('ends when the promise of the method rejects', async () => {
    const call = source.give(() => Promise.reject(boom));
    isOpen();
    expect(await call.catch((reason: unknown) => reason)).to.equal(boom);
    hasThrown();
  });

  describe('that returns a lazy query', () => {
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

    it('ends at once; the query keeps its builder and runs once, when it is awaited', async () => {
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
    ['a frozen generator', () => Object.freeze(numbers())],
    ['a frozen async generator', () => Object.freeze(laterNumbers())],
  ] as const) {
    it(`ends at once when the method returns ${what}, which stays the same object`, () => {
      const value: unknown = make();
      expect(source.give<unknown>(() => value) === value).to.equal(true);
      hasReturned();
    });
  }

  describe('that returns a generator', () => {
    const open = () => {
      const generator = numbers();
      expect(source.give(() => generator)).to.equal(generator);
      isOpen();
      return generator;
    };

    it('ends when the generator is exhausted', () => {
      const generator = open();
      expect([...generator]).to.deep.equal([1, 2]);
      hasReturned();
      expect(generator.next()).to.deep.equal({ done: true, value: undefined });
      hasReturned();
    });

    it('ends when a loop over the generator breaks', () => {
      for (const n of open()) if (n === 1) break;
      hasReturned();
    });

    it('ends when return() is called on the generator', () => {
      const generator = open();
      generator.next();
      isOpen();
      expect(generator.return('early')).to.deep.equal({ done: true, value: 'early' });
      hasReturned();
    });

    it('ends when destructuring has taken enough from the generator', () => {
      const [first] = open();
      expect(first).to.equal(1);
      hasReturned();
    });

    it('ends when the generator throws', () => {
      const generator = source.give(function* () {
        yield 1;
        throw boom;
      });
      expect(() => [...generator]).to.throw(boom);
      hasThrown();
    });

    it('ends when throw() is called on the generator', () => {
      const generator = open();
      generator.next();
      expect(() => generator.throw(boom)).to.throw(boom);
      hasThrown();
    });

    it('ends when a generator that delegates to it is exhausted', () => {
      const generator = open();
      const outer = (function* () {
        return yield* generator;
      })();
      expect([...outer]).to.deep.equal([1, 2]);
      hasReturned();
    });

    it('stays open when the generator calls its own next() while it runs', () => {
      const generator: Generator<string> = source.give(function* () {
        expect(() => generator.next()).to.throw(TypeError);
        yield 'alive';
      });
      expect(generator.next().value).to.equal('alive');
      isOpen();
      generator.return(undefined);
      hasReturned();
    });

    it('passes sent values on, adds no property and keeps the brand of the generator', () => {
      const generator = source.give(function* (): Generator<string, unknown, unknown> {
        return yield 'ready';
      });
      expect(Object.keys(generator)).to.deep.equal([]);
      expect(String(generator)).to.equal('[object Generator]');
      expect(generator.next.name).to.equal('next');
      generator.next();
      expect(generator.next('sent').value).to.equal('sent');
    });

    it('reads what the generator returned as the result, and times the call to its end', () => {
      expect([...source.count(3)]).to.deep.equal([0, 1, 2]);
      expect(recorder.value('last_result')).to.equal(3);
      const generator = open();
      seconds = 5;
      generator.return('');
      expect(recorder.value('call_seconds_sum')).to.equal(5);
    });
  });

  describe('that returns an async generator', () => {
    const open = () => {
      const generator = laterNumbers();
      expect(source.give(() => generator)).to.equal(generator);
      isOpen();
      return generator;
    };

    it('ends when the async generator is exhausted', async () => {
      const read: number[] = [];
      for await (const n of open()) read.push(n);
      expect(read).to.deep.equal([1, 2]);
      hasReturned();
    });

    it('ends when a loop over the async generator breaks', async () => {
      for await (const n of open()) if (n === 1) break;
      hasReturned();
    });

    it('ends when return() is called on the async generator', async () => {
      const generator = open();
      await generator.next();
      isOpen();
      expect(await generator.return('early')).to.deep.equal({ done: true, value: 'early' });
      hasReturned();
    });

    it('ends when the async generator throws', async () => {
      const generator = source.give(async function* () {
        yield 1;
        throw boom;
      });
      await generator.next();
      expect(await generator.next().catch((reason: unknown) => reason)).to.equal(boom);
      hasThrown();
    });

    it('ends when throw() is called on the async generator', async () => {
      const generator = open();
      await generator.next();
      expect(await generator.throw(boom).catch((reason: unknown) => reason)).to.equal(boom);
      hasThrown();
    });

    it('ends with the last of several steps that were requested at once', async () => {
      const generator = open();
      const steps = await Promise.all([generator.next(), generator.next(), generator.next(), generator.next()]);
      expect(steps.map(({ done }) => done)).to.deep.equal([false, false, true, true]);
      hasReturned();
    });

    it('reads what the async generator returned as the result', async () => {
      for await (const _ of source.countLater(4));
      expect(recorder.value('last_async_result')).to.equal(4);
    });
  });

  it('ends when the generator ends to which its promise resolved', async () => {
    const generator = await source.give(async () => numbers());
    isOpen();
    expect([...generator]).to.deep.equal([1, 2]);
    hasReturned();
  });

  it('decrements @InFlight when an abandoned generator is collected as garbage', async () => {
    (() => source.give(numbers).next())();
    isOpen();
    for (let i = 0; i < 50 && recorder.value('open_calls') !== 0; i++) {
      await setImmediate();
      global.gc?.();
    }
    expect(seen()).to.deep.equal([0, 0, 0]);
  });

  describe('that returns a Node stream', () => {
    it('ends when the stream has been read to its end', async () => {
      const stream = source.give(() => Readable.from(['a', 'b']));
      isOpen();
      expect(await stream.toArray()).to.deep.equal(['a', 'b']);
      await setImmediate();
      hasReturned();
    });

    it('ends at the end of a stream that never closes', async () => {
      const stream = source.give(() => new Readable({ read() {}, autoDestroy: false, emitClose: false }));
      stream.push(null);
      stream.resume();
      await once(stream, 'end');
      hasReturned();
    });

    it('ends as threw when the stream fails', async () => {
      const stream = source.give(() => new Readable({ read() {} }));
      stream.destroy(boom);
      expect(await once(stream, 'close').catch((reason: unknown) => reason)).to.equal(boom);
      hasThrown();
    });

    it('ends when the stream is destroyed', async () => {
      const stream = source.give(() => new Readable({ read() {} }));
      stream.destroy();
      await once(stream, 'close');
      hasReturned();
    });

    it('ends at once when the stream was closed before', async () => {
      const stream = new Readable({ read() {} }).destroy();
      await once(stream, 'close');
      source.give(() => stream);
      hasReturned();
    });

    it('ends when a writable stream has finished, and when both sides of a duplex stream have', async () => {
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

    /** A stream that takes no listeners of ours. */
    const refusing: Readonly<Record<string, () => Readable>> = {
      'is frozen': () => Object.freeze(Readable.from(['a'])),
      'has an "on" that takes other listeners only': () =>
        Object.assign(Readable.from(['a']), {
          on() {
            throw new TypeError('no such event');
          },
        }),
      'cannot be inspected': () =>
        new Proxy(Readable.from(['a']), {
          isExtensible() {
            throw new TypeError('no');
          },
        }),
    };
    for (const [what, make] of Object.entries(refusing)) {
      it(`ends at once, and gives the stream, where that ${what}`, async () => {
        const stream = make();
        expect(source.give(() => stream) === stream).to.equal(true);
        hasReturned();
        const later = make();
        expect((await source.give(async () => later)) === later).to.equal(true);
      });
    }

    it('throws what is dropped in strict mode, also where the stream has ended or is returned again', async () => {
      const faulty = attachRecorder(new Faulty(), new MemoryRecorder({ strict: true }));
      const ended = new Readable({ read() {} }).destroy();
      await once(ended, 'close');
      const open = new Readable({ read() {} });
      faulty.give(open);
      for (const stream of [ended, ended, open]) expect(() => faulty.give(stream)).to.throw('a reader threw');
    });

    /** A stream that does not close itself, at the end of all of its sides. */
    const unclosing: Readonly<Record<string, (options: object) => Readable | Writable>> = {
      'a stream that is only read': (options) => new Readable({ ...options, read() {} }),
      'a stream that is only written': (options) =>
        new Writable({ ...options, write: (_chunk, _encoding, done) => done() }),
      'a stream of both kinds': (options) => new PassThrough(options),
    };
    const finish = async (stream: Readable | Writable): Promise<void> => {
      if (stream instanceof Readable) stream.resume();
      if (stream instanceof Writable) stream.end('x');
      else stream.push(null);
      await setImmediate();
      await setImmediate();
    };
    for (const [what, make] of Object.entries(unclosing)) {
      for (const options of [{ autoDestroy: false }, { emitClose: false }, { autoDestroy: false, emitClose: false }]) {
        const how = JSON.stringify(options);
        it(`ends when its sides have ended: ${what} with ${how}`, async () => {
          const stream = source.give(() => make(options));
          await setImmediate();
          isOpen();
          await finish(stream);
          hasReturned();
        });

        it(`ends at once when its sides had ended before: ${what} with ${how}`, async () => {
          const stream = make(options);
          await finish(stream);
          source.give(() => stream);
          hasReturned();
        });
      }

      it(`ends as threw when it has failed before, and does not close itself: ${what}`, async () => {
        const stream = make({ autoDestroy: false });
        stream.on('error', () => undefined);
        stream.destroy(boom);
        await setImmediate();
        source.give(() => stream);
        hasThrown();
      });
    }

    it('stays open while one side of a stream that does not close itself has not ended', async () => {
      const stream = source.give(() => new PassThrough({ autoDestroy: false }));
      stream.end('x');
      await once(stream, 'finish');
      await setImmediate();
      isOpen();
      stream.resume();
      await once(stream, 'end');
      await setImmediate();
      hasReturned();
    });

    const endless = () => Readable.from(numbersForEver());
    for (const [how, leave] of [
      [
        'a loop over it breaks',
        async (stream: Readable) => {
          for await (const n of stream) if (n === 2) break;
        },
      ],
      [
        'a loop over it throws',
        async (stream: Readable) => {
          try {
            for await (const n of stream) if (n === 2) throw boom;
          } catch (error) {
            expect(error).to.equal(boom);
          }
        },
      ],
      ['find() has found', async (stream: Readable) => expect(await stream.find((n) => n === 3)).to.equal(3)],
      ['some() has found', async (stream: Readable) => expect(await stream.some((n) => n === 3)).to.equal(true)],
      ['every() has failed', async (stream: Readable) => expect(await stream.every((n) => n < 3)).to.equal(false)],
      ['take() has enough', async (stream: Readable) => expect(await stream.take(2).toArray()).to.deep.equal([0, 1])],
      [
        'its consumer aborts it',
        async (stream: Readable) => {
          const consumer = new AbortController();
          addAbortSignal(consumer.signal, stream);
          consumer.abort();
          await once(stream, 'close').catch(() => undefined);
        },
      ],
      [
        'the destination of its pipeline is closed first',
        async (stream: Readable) => {
          const sink = new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });
          const piped = pipeline(stream, sink).catch(({ code }: NodeJS.ErrnoException) => code);
          await once(stream, 'data');
          sink.destroy();
          expect(await piped).to.equal('ERR_STREAM_PREMATURE_CLOSE');
        },
      ],
    ] as const) {
      it(`ends as returned when the consumer of the stream leaves, because ${how}`, async () => {
        const stream = source.give(endless);
        await leave(stream);
        if (!stream.closed) await once(stream, 'close').catch(() => undefined);
        hasReturned();
      });
    }

    for (const [how, fail] of [
      [
        'it is aborted for a time limit',
        (stream: Readable) => {
          const timeLimit = new AbortController();
          addAbortSignal(timeLimit.signal, stream);
          timeLimit.abort(new DOMException('too late', 'TimeoutError'));
        },
      ],
      ['it is destroyed with an error', (stream: Readable) => stream.destroy(boom)],
    ] as const) {
      it(`ends as threw when the stream fails while it is read, because ${how}`, async () => {
        const stream = source.give(endless);
        stream.on('error', () => undefined);
        const closed = new Promise((resolve) => stream.on('close', resolve));
        await once(stream, 'data');
        fail(stream);
        await closed;
        hasThrown();
      });
    }

    it('ends as threw when the source of a transform is closed too early', async () => {
      const stream = source.give(() => new PassThrough());
      const upstream = new Readable({ read() {} });
      const piped = pipeline(upstream, stream).catch(({ code }: NodeJS.ErrnoException) => code);
      upstream.push('part');
      await once(stream, 'readable');
      upstream.destroy();
      expect(await piped).to.equal('ERR_STREAM_PREMATURE_CLOSE');
      hasThrown();
    });

    it('leaves an uncaught stream error uncaught', async () => {
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

    it('does not start the stream', async () => {
      let reads = 0;
      const stream = source.give(() => new Readable({ read: () => reads++ }));
      await setImmediate();
      expect([reads, stream.readableFlowing]).to.deep.equal([0, null]);
      stream.destroy();
    });

    it('ends at once when the method returned the same stream before, and adds no further listeners', () => {
      const stream = new Readable({ read() {} });
      for (let i = 0; i < 100; i++) source.shared(stream);
      expect(recorder.value('shared_calls')).to.equal(1);
      expect(stream.listenerCount('close')).to.equal(1);
      stream.destroy();
    });
  });

  describe('that returns a web stream', () => {
    it('ends when the web stream has been read to its end, and takes no lock', async () => {
      const stream = source.give(() => ReadableStream.from(['a', 'b']));
      expect(stream.locked).to.equal(false);
      isOpen();
      for await (const _ of stream);
      await setImmediate();
      hasReturned();
    });

    it('ends when a frozen web stream has been read to its end', async () => {
      const stream = source.give(() => Object.freeze(ReadableStream.from(['a', 'b'])));
      isOpen();
      for await (const _ of stream);
      await setImmediate();
      hasReturned();
    });

    it('ends when the web stream is cancelled', async () => {
      await source.give(() => new ReadableStream()).cancel();
      await setImmediate();
      hasReturned();
    });

    it('ends as threw when the web stream fails', async () => {
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

  it('brings @InFlight to zero after 15,000 concurrent calls, a third of which reject', async () => {
    const calls = Array.from({ length: 15_000 }, (_, i) =>
      source.give(async () => {
        await undefined;
        if (i % 3 === 0) throw boom;
      }),
    );
    expect(recorder.value('open_calls')).to.equal(15_000);
    await Promise.allSettled(calls);
    expect(seen()).to.deep.equal([0, 10_000, 5000]);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
