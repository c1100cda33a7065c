import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'chai';
import {
  attachRecorder,
  Counter,
  Gauge,
  instrumentFunction,
  instrumentMethod,
  setDefaultRecorder,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const symbol = Symbol('symbolic');
const key = 'computed';

class Base {
  @Counter({ name: 'greetings_total', help: 'Greetings', labels: { who: (name) => name } })
  greet(name: string): string {
    return `hello ${name}`;
  }
}

class Derived extends Base {
  override greet(name: string): string {
    return `${super.greet(name)}!`;
  }
}

class Service {
  #secret = 42;
  readonly thrown = new Error('thrown as it is');

  @Counter({ name: 'secrets_total', help: 'Secrets' })
  secret(): number {
    return this.#secret++;
  }

  @Counter({ name: 'sums_total', help: 'Sums' })
  sum(a: number, b = 2, ...rest: number[]): number[] {
    // biome-ignore lint/complexity/noArguments: whether as many arguments arrive as were given.
    return [arguments.length, [a, b, ...rest].reduce((x, y) => x + y)];
  }

  @Counter({ name: 'throws_total', help: 'Throws' })
  throws(): never {
    throw this.thrown;
  }

  @Counter({ name: 'rejections_total', help: 'Rejections' })
  async rejects(): Promise<never> {
    throw this.thrown;
  }

  @Counter({ name: 'symbols_total', help: 'Calls by symbol' })
  [symbol](): string {
    return 'by symbol';
  }

  @Counter({ name: 'computed_total', help: 'Calls by a computed key' })
  [key](): string {
    return 'computed';
  }

  @Timed({ name: 'stacked_seconds', help: 'Duration' })
  @Counter({ name: 'stacked_total', help: 'Calls' })
  @Gauge({ name: 'stacked_result', help: 'Result', value: (n) => n })
  async stacked(n: number): Promise<number> {
    return n;
  }

  @Counter({ name: 'thenables_total', help: 'Thenables' })
  thenable(lazy: PromiseLike<string>): PromiseLike<string> {
    return lazy;
  }
}

describe(`A decorated method (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let service: Service;

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
    service = attachRecorder(new Service(), recorder);
  });

  it('keeps its this, private fields included', () => {
    expect([service.secret(), service.secret()]).to.deep.equal([42, 43]);
  });

  it('receives all its arguments, however many', () => {
    expect(service.sum(1)).to.deep.equal([1, 3]);
    expect(service.sum(1, 1)).to.deep.equal([2, 2]);
    expect(service.sum(1, 2, 3)).to.deep.equal([3, 6]);
    expect(service.sum(1, 2, 3, 4, 5)).to.deep.equal([5, 15]);
  });

  it('keeps its name and length', () => {
    expect(Service.prototype.sum.name).to.equal('sum');
    expect(Service.prototype.sum.length).to.equal(1);
    expect(Service.prototype[symbol].name).to.equal('[symbolic]');
  });

  it('cannot be constructed, like any method', () => {
    const method = service.secret as unknown as new () => object;
    expect(() => new method()).to.throw(TypeError);
  });

  it('throws the same error object', () => {
    expect(() => service.throws())
      .to.throw()
      .equal(service.thrown);
  });

  it('rejects with the same reason', async () => {
    expect(await service.rejects().catch((reason: unknown) => reason)).to.equal(service.thrown);
  });

  it('counts calls by symbol and by computed name', () => {
    expect(service[symbol]() + service[key]()).to.equal('by symbolcomputed');
    expect(recorder.value('symbols_total')).to.equal(1);
    expect(recorder.value('computed_total')).to.equal(1);
  });

  it('counts what a subclass calls with super', () => {
    const derived = attachRecorder(new Derived(), recorder);
    expect(derived.greet('ada')).to.equal('hello ada!');
    expect(recorder.series('greetings_total')).to.deep.equal([{ labels: { who: 'ada' }, value: 1 }]);
  });

  it('finds its recorder through a Proxy', () => {
    const proxy = new Proxy(attachRecorder(new Base(), recorder), {});
    proxy.greet('bob');
    expect(recorder.value('greetings_total', { who: 'bob' })).to.equal(1);
  });

  it('finds the recorder of a frozen instance', () => {
    const frozen = attachRecorder(Object.freeze(new Base()), recorder);
    frozen.greet('eve');
    expect(recorder.value('greetings_total', { who: 'eve' })).to.equal(1);
  });

  it('leaves no enumerable trace on the instance', () => {
    expect(Reflect.ownKeys({ ...service })).to.deep.equal(['thrown']);
    expect(JSON.parse(JSON.stringify(service))).to.have.all.keys('thrown');
  });

  it('shares one wrapper among stacked decorators, each of which records once', async () => {
    const first = service.stacked(7);
    expect(await first).to.equal(7);
    expect(recorder.value('stacked_total')).to.equal(1);
    expect(recorder.value('stacked_result')).to.equal(7);
    expect(recorder.value('stacked_seconds_count')).to.equal(1);
  });

  it('returns a thenable that is no native promise untouched, and does not run it', () => {
    let ran = 0;
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: a lazy query is what this is about.
      then: () => {
        ran++;
        return Promise.resolve() as never;
      },
    };
    expect(service.thenable(lazy)).to.equal(lazy);
    expect(ran).to.equal(0);
    expect(recorder.value('thenables_total')).to.equal(1);
  });

  it('counts a promise once it has settled, under an AsyncLocalStorage too', async () => {
    const storage = new AsyncLocalStorage<string>();
    await storage.run('context', async () => {
      const pending = service.rejects();
      expect(recorder.value('rejections_total')).to.equal(0);
      await pending.catch(() => undefined);
      expect(recorder.value('rejections_total')).to.equal(1);
      expect(storage.getStore()).to.equal('context');
    });
  });

  it('returns a promise with own properties, or of a subclass, untouched', () => {
    class Special extends Promise<string> {}
    const child = Object.assign(Promise.resolve('x'), { child: 'process' });
    for (const promise of [child, Special.resolve('x')]) expect(service.thenable(promise)).to.equal(promise);
  });

  it('leaves an unhandled rejection unhandled, once, and a handled one handled', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      await service.rejects().catch(() => undefined);
      void service.rejects();
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).to.deep.equal([service.thrown]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });
});

describe(`Code that cannot be annotated (${mode} decorators)`, () => {
  it('instrumentFunction(fn, …) returns a function that is counted, and leaves the original alone', () => {
    const recorder = new MemoryRecorder({ strict: true });
    const double = (n: number): number => 2 * n;
    const counted = instrumentFunction(
      double,
      Counter({ name: 'doubled_total', help: 'Doubled', labels: { n: (n) => n } }),
      Gauge({ name: 'last_doubled', help: 'The last result', value: (result) => result }),
    );
    attachRecorder(counted, recorder);
    const self = counted as unknown as (this: unknown, n: number) => number;
    expect(self.call(counted, 4)).to.equal(8);
    expect(recorder.value('doubled_total', { n: '4' })).to.equal(1);
    expect(recorder.value('last_doubled')).to.equal(8);
    expect(counted.name).to.equal('double');
    expect(double(1)).to.equal(2);
  });

  it('instrumentFunction and instrumentMethod refuse a class, a constructor and a frozen prototype', () => {
    class Pool {
      query(): number {
        return 1;
      }
    }
    const count = Counter({ name: 'made_total', help: 'Made' });
    expect(() => instrumentFunction(Pool as never, count)).to.throw(
      'instrumentFunction: class Pool is not a function (given a class). Annotate its methods.',
    );
    const replace = instrumentMethod as (...given: unknown[]) => void;
    expect(() => replace(Pool.prototype, 'constructor', count)).to.throw('method "constructor" is not a method');
    Object.freeze(Pool.prototype);
    expect(() => replace(Pool.prototype, 'query', count)).to.throw(
      'instrumentMethod: method "query" cannot be replaced (given a frozen prototype). Annotate it, or use instrumentFunction.',
    );
    expect(new Pool().query()).to.equal(1);
  });

  it('instrumentFunction(fn, …) adds a layer of its own to a function that is counted already', () => {
    const recorder = new MemoryRecorder({ strict: true });
    const once = instrumentFunction(() => 1, Counter({ name: 'once_total', help: 'Once' }));
    const twice = instrumentFunction(once, Counter({ name: 'twice_total', help: 'Twice' }));
    for (const fn of [once, twice]) attachRecorder(fn, recorder);
    setDefaultRecorder(recorder);
    twice();
    once();
    setDefaultRecorder(undefined);
    expect(recorder.value('once_total')).to.equal(2);
    expect(recorder.value('twice_total')).to.equal(1);
  });

  it("instrumentMethod(prototype, method, …) annotates somebody else's class", async () => {
    class Pool {
      async query(sql: string): Promise<{ rows: string[] }> {
        return { rows: [sql] };
      }
    }
    instrumentMethod(
      Pool.prototype,
      'query',
      Counter({ name: 'rows_total', help: 'Rows', by: (result) => result.rows.length }),
    );
    const recorder = new MemoryRecorder({ strict: true });
    await attachRecorder(new Pool(), recorder).query('select 1');
    expect(recorder.value('rows_total')).to.equal(1);
  });
});
