import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { attachRecorder, Counter, InFlight, setDefaultRecorder, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const failure = new Error('the very error');
const symbol = Symbol('by symbol');

/** The four ways in which a method can answer. */
const answers = {
  returns: (value: unknown): unknown => value,
  throws: (): never => {
    throw failure;
  },
  resolves: async (value: unknown): Promise<unknown> => value,
  rejects: async (): Promise<never> => {
    throw failure;
  },
} as const;
type Answer = keyof typeof answers;

// biome-ignore lint/suspicious/noExplicitAny: decorators of both modes.
type Decorator = (...given: any[]) => any;

/** The same classes, once decorated and once bare. */
function classes(decorate: Decorator) {
  class Service {
    #secret = 'secret';

    @decorate
    run(answer: Answer, ...args: unknown[]): unknown {
      // biome-ignore lint/complexity/noArguments: whether as many arguments arrive as were given.
      return answers[answer]([this.#secret, this.constructor.name, arguments.length, ...args]);
    }

    @decorate
    [symbol](answer: Answer): unknown {
      return answers[answer](['symbol', this.#secret]);
    }

    @decorate
    defaults(answer: Answer, text = 'default', ...rest: unknown[]): unknown {
      return answers[answer]([text, rest]);
    }

    @decorate
    static run(answer: Answer): unknown {
      // biome-ignore lint/complexity/noThisInStatic: what `this` is matters here.
      return answers[answer]([typeof this, this.name]);
    }
  }

  class Inheriting extends Service {}

  class Overriding extends Service {
    override run(answer: Answer, ...args: unknown[]): unknown {
      return super.run(answer, 'from below', ...args);
    }
  }

  class OverridingDecorated extends Service {
    @decorate
    override run(answer: Answer, ...args: unknown[]): unknown {
      return super.run(answer, 'decorated as well', ...args);
    }
  }

  return { Service, Inheriting, Overriding, OverridingDecorated };
}
type Classes = ReturnType<typeof classes>;

/** What happened, as far as a caller can see it. */
async function observed(act: () => unknown): Promise<unknown[]> {
  try {
    const value = act();
    if (!(value instanceof Promise)) return ['returned', value];
    return await value.then(
      (result: unknown) => ['resolved', result],
      (reason: unknown) => ['rejected', reason === failure],
    );
  } catch (error) {
    return ['threw', error === failure];
  }
}

/** Every way to call a method, and how many decorated methods run by it. */
const ways: readonly [
  way: string,
  runs: number,
  act: (classes: Classes, answer: Answer, wire: <T extends object>(o: T) => T) => unknown,
][] = [
  ['plainly', 1, ({ Service }, answer, wire) => wire(new Service()).run(answer, 1, undefined)],
  ['without arguments to spare', 1, ({ Service }, answer, wire) => wire(new Service()).defaults(answer)],
  ['with many arguments', 1, ({ Service }, answer, wire) => wire(new Service()).defaults(answer, 'a', 1, 2, 3, 4)],
  ['by a symbol', 1, ({ Service }, answer, wire) => wire(new Service())[symbol](answer)],
  ['on a subclass', 1, ({ Inheriting }, answer, wire) => wire(new Inheriting()).run(answer)],
  ['with super', 1, ({ Overriding }, answer, wire) => wire(new Overriding()).run(answer)],
  [
    'with super, both decorated',
    2,
    ({ OverridingDecorated }, answer, wire) => wire(new OverridingDecorated()).run(answer),
  ],
  [
    'through a Proxy',
    1,
    ({ Service }, answer, wire) => {
      const service = wire(new Service());
      return new Proxy(service, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }).run(answer);
    },
  ],
  ['detached and bound', 1, ({ Service }, answer, wire) => Service.prototype.run.bind(wire(new Service()))(answer)],
  ['with apply', 1, ({ Service }, answer, wire) => Reflect.apply(Service.prototype.run, wire(new Service()), [answer])],
  ['on the class', 1, ({ Service }, answer) => Service.run(answer)],
];

describe(`A decorated method, compared with the bare one (${mode} decorators)`, () => {
  const bare = classes((value: unknown, context: unknown) => (typeof context === 'object' ? value : undefined));
  const counted = classes(Counter({ name: 'runs_total', help: 'Runs' }));
  let recorder: MemoryRecorder;

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
    setDefaultRecorder(recorder);
  });
  afterEach(() => setDefaultRecorder(undefined));

  for (const answer of Object.keys(answers) as Answer[]) {
    for (const [way, runs, act] of ways) {
      it(`behaves the same and counts each run when it ${answer}, called ${way}`, async () => {
        const expected = await observed(() => act(bare, answer, (instance) => instance));
        const found = await observed(() => act(counted, answer, (instance) => attachRecorder(instance, recorder)));
        expect(found).to.deep.equal(expected);
        expect(recorder.value('runs_total')).to.equal(runs);
      });
    }
  }

  it('throws as the bare one does when #private is read from a foreign object', () => {
    const foreign = attachRecorder({}, recorder);
    expect(() => counted.Service.prototype.run.call(foreign as never, 'returns')).to.throw(TypeError);
    expect(recorder.value('runs_total')).to.equal(1);
  });

  it('runs on undefined as the bare one does', () => {
    const { run } = counted.Service.prototype;
    expect(() => run.call(undefined as never, 'returns')).to.throw(TypeError);
  });

  it('has the same name, length and descriptor, and no prototype', () => {
    for (const key of ['run', 'defaults', symbol] as const) {
      const [one, other] = [bare, counted].map(({ Service }) => {
        const { value, ...rest } = Object.getOwnPropertyDescriptor(Service.prototype, key) as PropertyDescriptor;
        return { rest, name: value.name, length: value.length, keys: Reflect.ownKeys(value), text: typeof value };
      });
      expect(other).to.deep.equal(one);
    }
  });

  describe('beside other decorators', () => {
    let log: string[] = [];

    /** A decorator of somebody else, which replaces the method, in both modes. */
    const logged =
      (name: string): Decorator =>
      (target, _key, descriptor) => {
        const around = (method: (...args: unknown[]) => unknown) =>
          function (this: unknown, ...args: unknown[]) {
            log.push(name);
            return Reflect.apply(method, this, args);
          };
        if (descriptor === undefined) return around(target);
        descriptor.value = around(descriptor.value);
        return undefined;
      };

    /** One that gives the method properties and metadata, in both modes. */
    const marked: Decorator = (target, _key, descriptor) => {
      const method = descriptor?.value ?? target;
      method.marked = 'yes';
      Reflect.defineMetadata('mark', 'metadata', method);
    };

    class Stacked {
      @logged('above')
      @Counter({ name: 'upper_total', help: 'Runs' })
      @logged('between')
      @Timed({ name: 'lower_seconds', help: 'Duration' })
      @logged('below')
      run(): string {
        return 'done';
      }

      @Counter({ name: 'marked_total', help: 'Runs' })
      @InFlight({ name: 'marked_calls', help: 'Calls in flight' })
      @marked
      marked(): string {
        return 'done';
      }

      @marked
      bare(): string {
        return 'done';
      }
    }

    it('runs each of them once, in order, and records each call once', () => {
      log = [];
      expect(attachRecorder(new Stacked(), recorder).run()).to.equal('done');
      expect(log).to.deep.equal(['above', 'between', 'below']);
      expect([recorder.value('upper_total'), recorder.value('lower_seconds_count')]).to.deep.equal([1, 1]);
    });

    it('keeps the own properties and the metadata of the method', () => {
      const method = Stacked.prototype.marked as unknown as { marked: string };
      expect(method.marked).to.equal('yes');
      expect(Reflect.getMetadata('mark', method)).to.equal('metadata');
      // What the compiler emits, if it does, is the same as for a method without our decorators.
      const [ours, others] = ['marked', 'bare'].map((key) =>
        Reflect.getMetadata('design:returntype', Stacked.prototype, key),
      );
      expect(ours).to.equal(others);
    });
  });

  describe('asynchronously', () => {
    class Layers {
      @Counter({ name: 'layers_total', help: 'Calls' })
      async inner(): Promise<void> {
        await undefined;
        throw new Error('deep');
      }

      @Counter({ name: 'layers_total', help: 'Calls' })
      async outer(): Promise<void> {
        await this.inner();
      }

      @Timed({ name: 'waiting_seconds', help: 'Duration' })
      async wait(signal: AbortSignal): Promise<void> {
        await wait(60_000, undefined, { signal });
      }
    }

    it('keeps the names of the methods in the stack trace', async () => {
      const error = (await attachRecorder(new Layers(), recorder)
        .outer()
        .catch((reason: unknown) => reason)) as Error;
      expect(error.stack)
        .to.match(/at Layers\.inner/)
        .and.to.match(/at async Layers\.outer/);
    });

    it('leaves an AbortSignal alone', async () => {
      const abort = new AbortController();
      const waiting = attachRecorder(new Layers(), recorder).wait(abort.signal);
      abort.abort();
      const reason = (await waiting.catch((error: unknown) => error)) as Error;
      expect(reason.name).to.equal('AbortError');
      expect(recorder.value('waiting_seconds_count')).to.equal(1);
    });
  });
});
