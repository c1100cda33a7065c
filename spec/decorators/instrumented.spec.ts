import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { type Advice, attachRecorder, Counter, Instrumented, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const tick = Symbol('tick');

@Instrumented()
class Accounts {
  readonly #balance = 5;
  calls = 0;
  inField = (): number => 1;

  balance(): number {
    return this.#balance;
  }

  async pay(amount: number): Promise<number> {
    if (amount > this.#balance) throw new RangeError('too much');
    return amount;
  }

  *history(): Generator<number> {
    yield 1;
  }

  [tick](): void {}

  get accessed(): number {
    this.calls++;
    return this.calls;
  }

  static open(): Accounts {
    return new Accounts();
  }
}

@Instrumented()
class Savings extends Accounts {
  override balance(): number {
    return super.balance() + 1;
  }
}

@Instrumented({
  name: 'Shop',
  prefix: 'shop_',
  skip: ['close'],
  labels: {
    zone: 'x',
    region() {
      return this.region;
    },
  },
})
class RegionalShop {
  readonly region: string = 'eu';
  sell(): string {
    return 'sold';
  }
  close(): void {}
}

@Instrumented({ name: 'Mixed' })
class Mixed {
  @Timed()
  timed(): void {}

  @Counter({ name: 'mixed_total', help: 'Calls' })
  counted(): number {
    return 7;
  }
}

describe(`@Instrumented (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let now: number;

  beforeEach(() => {
    now = 0;
    recorder = new MemoryRecorder({ strict: true, clock: () => now++ });
  });

  const calls = (className: string, method: string, outcome: string, further = {}, prefix = '') =>
    recorder.value(`${prefix}method_calls_total`, { class: className, method, outcome, ...further });
  const methods = () => recorder.series('method_calls_total').map(({ labels }) => labels['method']);

  it('counts and times every method of the class by how it ended', async () => {
    const accounts = attachRecorder(new Accounts(), recorder);
    expect(accounts.balance()).to.equal(5);
    await accounts.pay(1);
    const refused = await accounts.pay(6).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(RangeError);
    expect(calls('Accounts', 'balance', 'success')).to.equal(1);
    expect(calls('Accounts', 'pay', 'success')).to.equal(1);
    expect(calls('Accounts', 'pay', 'error')).to.equal(1);
    expect(recorder.value('method_duration_seconds_count', { class: 'Accounts', method: 'pay' })).to.equal(2);
    expect(recorder.value('method_duration_seconds_sum', { class: 'Accounts', method: 'pay' })).to.equal(2);
  });

  it('tracks a returned generator to its end, and counts methods with symbol names', () => {
    const accounts = attachRecorder(new Accounts(), recorder);
    const history = accounts.history();
    expect(methods()).to.deep.equal([]);
    expect([...history]).to.deep.equal([1]);
    accounts[tick]();
    expect(methods()).to.deep.equal(['history', 'tick']);
  });

  it('leaves accessors, static methods and functions in fields alone', () => {
    const accounts = attachRecorder(Accounts.open(), recorder);
    expect([accounts.accessed, accounts.accessed, accounts.inField()]).to.deep.equal([1, 2, 1]);
    expect(methods()).to.deep.equal([]);
  });

  it('counts both the method of a subclass and the one that it calls with super', () => {
    expect(attachRecorder(new Savings(), recorder).balance()).to.equal(6);
    expect(calls('Savings', 'balance', 'success')).to.equal(1);
    expect(calls('Accounts', 'balance', 'success')).to.equal(1);
  });

  it('accepts a name, a prefix, further labels, and methods to skip', () => {
    const shop = attachRecorder(new RegionalShop(), recorder);
    expect(shop.sell()).to.equal('sold');
    shop.close();
    expect(recorder.series('shop_method_calls_total')).to.have.length(1);
    expect(calls('Shop', 'sell', 'success', { zone: 'x', region: 'eu' }, 'shop_')).to.equal(1);
    expect(recorder.families()).to.have.members(['shop_method_calls_total', 'shop_method_duration_seconds']);
  });

  it('shares the wrapper with decorators on the methods, and times no call twice', () => {
    const mixed = attachRecorder(new Mixed(), recorder);
    mixed.timed();
    expect(mixed.counted()).to.equal(7);
    expect(recorder.value('method_duration_seconds_count', { class: 'Mixed', method: 'timed' })).to.equal(1);
    expect(calls('Mixed', 'timed', 'success')).to.equal(1);
    expect(recorder.value('mixed_total')).to.equal(1);
    expect(calls('Mixed', 'counted', 'success')).to.equal(1);
  });

  it('advises once when the class name looks minified, as @Timed() does', async () => {
    const advice: Advice[] = [];
    // Why listened to: recorders of other specs, which still exist, warn as well.
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listener);
    const observer = new MemoryRecorder({ onAdvice: (one) => advice.push(one) });
    const short = mode.slice(0, 1);
    for (const decorated of [Instrumented(), Instrumented()]) {
      class Minified {
        @Timed()
        work(): void {}
      }
      Object.defineProperty(Minified, 'name', { value: short });
      decorated(Minified);
      attachRecorder(new Minified(), observer).work();
    }
    await setImmediate();
    process.off('warning', listener);
    expect(warnings.filter(({ message }) => !message.includes('looks minified'))).to.deep.equal([]);
    const said = advice.filter(({ code }) => code === 'minified_class');
    expect(said).to.have.length(1);
    expect(said[0]?.message).to.contain(`looks minified (given "${short}")`);
  });

  it('reports all problems of its options at once', () => {
    class Plain {
      method(): void {}
    }
    const options = { nam: 'x', name: '', prefix: '', skip: ['methud'], labels: { class: 'x', le: 'y', z: {} } };
    expect(() => Instrumented(options as never)(Plain))
      .to.throw(/^@Instrumented on class Plain: 7 problems\./)
      .with.property('problems')
      .that.satisfies((problems: { message: string }[]) =>
        problems.some(({ message }) => message.includes('"methud"')),
      );
    expect(() => Instrumented({ skip: 'x', labels: 1 } as never)(Plain)).to.throw('2 problems');
  });
});
