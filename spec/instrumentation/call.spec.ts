import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { attachRecorder, Counter, Gauge, InFlight, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

/** What a call gets and gives, each referenced by nothing else. */
const names = ['instance', 'first', 'second', 'third', 'fourth', 'outcome'] as const;

class Service {
  @Counter({ name: 'kept_calls_total', help: 'Calls', labels: { size: (...args) => args.length } })
  @Timed({ name: 'kept_call_seconds', help: 'Duration' })
  @InFlight({ name: 'kept_calls_in_flight', help: 'Calls in flight' })
  return(...args: object[]): object {
    return args.at(-1) as object;
  }

  @Counter({ name: 'kept_throws_total', help: 'Calls that threw', on: 'threw' })
  throw(...args: object[]): never {
    throw args.at(-1);
  }

  @Counter({ name: 'kept_promises_total', help: 'Calls' })
  async resolve(...args: object[]): Promise<object> {
    return args.at(-1) as object;
  }

  @Counter({ name: 'kept_streams_total', help: 'Calls' })
  open(...args: object[]): Readable {
    return Readable.from([String(args.length)]);
  }
}

const streams: Readable[] = [];

/** Runs `act` with fresh objects, and gives weak references to them. */
async function runWithFresh(
  act: (service: Service, args: object[]) => unknown,
): Promise<readonly (readonly [string, WeakRef<object>])[]> {
  const service = attachRecorder(new Service(), new MemoryRecorder({ strict: true }));
  const args = names.slice(1).map((name) => ({ name }));
  const references = [service, ...args].map((value, i) => [names[i] as string, new WeakRef<object>(value)] as const);
  await act(service, args);
  return references;
}

/** The names of the objects that the garbage collector cannot take. */
async function findKept(references: readonly (readonly [string, WeakRef<object>])[]): Promise<string[]> {
  let kept = references;
  for (let i = 0; i < 5 && kept.length > 0; i++) {
    // Why a turn of the event loop: what a WeakRef has given lives until the end of the current one.
    await new Promise((resolve) => setImmediate(resolve));
    global.gc?.();
    kept = kept.filter(([, reference]) => reference.deref() !== undefined);
  }
  return kept.map(([name]) => name);
}

describe('A call of an instrumented method', () => {
  const acts: Readonly<Record<string, (service: Service, args: object[]) => unknown>> = {
    'has returned': (service, args) => service.return(...args),
    'has thrown': (service, args) => {
      try {
        service.throw(...args);
      } catch (error) {
        expect(error).to.equal(args.at(-1));
      }
    },
    'has resolved': (service, args) => service.resolve(...args),
    'has read a stream to its end that lives on': async (service, args) => {
      const stream = service.open(...args);
      expect(await text(stream)).to.equal('5');
      streams.push(stream);
    },
  };

  for (const [when, act] of Object.entries(acts)) {
    it(`keeps neither the instance nor an argument nor the result alive once it ${when}`, async () => {
      expect(await findKept(await runWithFresh(act))).to.deep.equal([]);
    });
  }

  it('keeps nothing alive once its label reader has called the method again', async () => {
    class Nested {
      @Gauge({
        name: 'nested_value',
        help: 'A value',
        labels: {
          depth(depth, last) {
            return depth > 0 ? String(this.run(depth - 1, last)) : 'end';
          },
        },
        value: (depth) => depth,
      })
      run(depth: number, _last: object): number {
        return depth;
      }
    }
    const run = (): readonly (readonly [string, WeakRef<object>])[] => {
      const recorder = new MemoryRecorder({ strict: true });
      const [nested, last] = [attachRecorder(new Nested(), recorder), {}];
      nested.run(2, last);
      expect(recorder.series('nested_value')).to.deep.equal([
        { labels: { depth: 'end' }, value: 0 },
        { labels: { depth: '0' }, value: 1 },
        { labels: { depth: '1' }, value: 2 },
      ]);
      return [
        ['instance', new WeakRef<object>(nested)],
        ['argument', new WeakRef<object>(last)],
      ];
    };
    expect(await findKept(run())).to.deep.equal([]);
  });
});
