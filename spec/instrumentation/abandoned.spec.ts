import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { attachRecorder, Counter, InFlight } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

type Callback = (error: Error | null, value?: unknown) => void;

class Source {
  @InFlight({ name: 'given_in_flight', help: 'Calls that have not ended' })
  @Counter({ name: 'given_total', help: 'Calls that have ended' })
  give<R>(make: () => R): R {
    return make();
  }

  @InFlight({ name: 'asked_in_flight', help: 'Calls that have not ended', completion: 'callback' })
  @Counter({ name: 'asked_total', help: 'Calls that have ended' })
  ask(start: (callback: Callback) => void, callback: Callback): void {
    start(callback);
  }
}

const never = () => undefined;

/** Calls that are abandoned: nothing keeps what could complete them. */
const abandoned: Readonly<Record<string, (source: Source) => unknown>> = {
  'a promise that never settles': (source) => source.give(() => new Promise(never)),
  'an async function that awaits such a promise': (source) => source.give(async () => await new Promise(never)),
  'a promise that is derived from such a promise': (source) => source.give(() => new Promise(never)).then(never),
  'a generator in the middle': (source) =>
    source
      .give(function* () {
        yield 1;
      })
      .next(),
  'an async generator in the middle': (source) =>
    source
      .give(async function* () {
        yield 1;
      })
      .next(),
  'a Node stream that nobody reads': (source) => source.give(() => new Readable({ read() {} })),
  'a writable Node stream that nobody ends': (source) => source.give(() => new Writable({ write: never })),
  'a web stream that nobody reads': (source) => source.give(() => new ReadableStream({})),
  'a promise that resolves to a stream that nobody reads': (source) =>
    source.give(async () => await setImmediate(new Readable({ read() {} }))),
  'a callback that is never called': (source) => source.ask(never, never),
  'a callback that an abandoned emitter keeps': (source) =>
    source.ask((callback) => new EventEmitter().once('done', callback), never),
};

/** Collects garbage until nothing is in flight, or for long enough to say that something stays. */
async function collect(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 50 && !isDone(); i++) {
    await setImmediate();
    global.gc?.();
  }
}

describe('A call that is abandoned', () => {
  let recorder: MemoryRecorder;
  let source: Source;
  const inFlight = () => [recorder.value('given_in_flight'), recorder.value('asked_in_flight')];

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
    source = attachRecorder(new Source(), recorder);
    source.give(never);
    source.ask((callback) => callback(null), never);
  });

  for (const [what, abandon] of Object.entries(abandoned)) {
    it(`leaves zero in flight once garbage: ${what}`, async () => {
      (() => {
        abandon(source);
      })();
      expect(inFlight()).to.not.deep.equal([0, 0]);
      // Why a turn more: what a promise resolves to is garbage only then.
      await setImmediate();
      await setImmediate();
      await collect(() => inFlight().every((value) => value === 0));
      expect(inFlight()).to.deep.equal([0, 0]);
      const ended = ['given_total', 'asked_total'].map((name) => recorder.value(name));
      expect(ended).to.deep.equal([1, 1]);
    });
  }

  it('stays in flight as long as somebody can complete it', async () => {
    let resolve: (value: unknown) => void = never;
    const promise = source.give(() => new Promise((settle) => (resolve = settle)));
    const stream = source.give(() => new Readable({ read() {} }));
    const generator = source.give(function* () {
      yield 1;
    });
    let callback: Callback = never;
    source.ask((given) => (callback = given), never);
    for (let i = 0; i < 5; i++) {
      await setImmediate();
      global.gc?.();
    }
    expect(inFlight()).to.deep.equal([3, 1]);
    resolve(undefined);
    await promise;
    stream.destroy();
    generator.return(undefined);
    callback(null);
    await setImmediate();
    expect(inFlight()).to.deep.equal([0, 0]);
  });

  it('stays in flight behind a promise that has settled, until the stream ends to which it resolved', async () => {
    const stream = await source.give(async () => await setImmediate(new Readable({ read() {} })));
    for (let i = 0; i < 5; i++) {
      await setImmediate();
      global.gc?.();
    }
    expect(inFlight()).to.deep.equal([1, 0]);
    stream.destroy();
    await setImmediate();
    expect(inFlight()).to.deep.equal([0, 0]);
    expect(recorder.value('given_total')).to.equal(2);
  });
});
