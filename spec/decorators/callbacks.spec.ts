import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  attachRecorder,
  Counter,
  errorName,
  Gauge,
  InFlight,
  instrumentFunction,
  outcome,
  setDefaultRecorder,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

type Callback = (error: Error | null, rows?: string[]) => void;

const boom = new RangeError('boom');

class Database {
  @Counter({
    name: 'queries_total',
    help: 'Queries',
    completion: 'callback',
    labels: { outcome, error: errorName, table: (table) => table },
  })
  @Gauge({ name: 'last_rows', help: 'Rows', value: (rows) => (rows as string[] | undefined)?.length ?? 0 })
  @Timed({ name: 'query_seconds', help: 'Duration' })
  @InFlight({ name: 'queries_in_flight', help: 'Queries' })
  query(_table: string, run: (callback: Callback) => unknown, callback?: Callback): unknown {
    return run(callback as Callback);
  }

  @Counter({ name: 'four_total', help: 'Calls', completion: 'callback', labels: { last: (...args) => typeof args[3] } })
  four(_a: number, _b: number, _c: number, callback: Callback): void {
    callback(null, ['x']);
  }

  @Counter({ name: 'unfollowed_total', help: 'Calls' })
  unfollowed(callback: Callback): void {
    setTimeout(callback, 1, boom);
  }

  @Counter({ name: 'listeners_total', help: 'Listeners', completion: 'result' })
  listen(_listener: () => void): void {}

  @Counter({ name: 'mapped_total', help: 'Calls' })
  map(change: (n: number) => number): number[] {
    return [1].map(change);
  }
}

describe(`A call that completes by its callback (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let database: Database;
  let seconds: number;

  beforeEach(() => {
    seconds = 0;
    recorder = new MemoryRecorder({ strict: true, clock: () => seconds });
    database = attachRecorder(new Database(), recorder);
  });

  const ended = () => recorder.series('queries_total').map(({ labels, value }) => ({ ...labels, value }));

  it('has the duration, the result and the outcome of its callback', () => {
    let callback: Callback = () => undefined;
    const given: unknown[] = [];
    const result = database.query(
      'teams',
      (one) => {
        callback = one;
        return 'a handle';
      },
      (...args) => given.push(...args),
    );
    expect([result, recorder.value('queries_in_flight'), ended()]).to.deep.equal(['a handle', 1, []]);
    seconds = 3;
    callback(null, ['a', 'b']);
    expect(given).to.deep.equal([null, ['a', 'b']]);
    expect(ended()).to.deep.equal([{ outcome: 'success', table: 'teams', value: 1 }]);
    const values = ['last_rows', 'query_seconds_sum', 'queries_in_flight'].map((name) => recorder.value(name));
    expect(values).to.deep.equal([2, 3, 0]);
  });

  it('counts as thrown where the callback gets an error first', () => {
    database.query(
      'teams',
      (callback) => callback(boom),
      () => undefined,
    );
    expect(ended()).to.deep.equal([{ outcome: 'error', error: 'RangeError', table: 'teams', value: 1 }]);
    expect(recorder.value('last_rows')).to.equal(undefined);
  });

  it('counts once where the callback is called twice, and the caller gets both', () => {
    let calls = 0;
    const twice = (callback: Callback): void => {
      callback(null, []);
      callback(boom);
    };
    database.query('teams', twice, () => calls++);
    expect(calls).to.equal(2);
    expect(ended()).to.deep.equal([{ outcome: 'success', table: 'teams', value: 1 }]);
  });

  it('counts as thrown where the method throws, or rejects before the callback is called', async () => {
    const fail = (): never => {
      throw boom;
    };
    expect(() => database.query('a', fail, () => undefined)).to.throw(boom);
    const promise = database.query(
      'b',
      async () => fail(),
      () => undefined,
    ) as Promise<never>;
    expect(await promise.catch((reason: unknown) => reason)).to.equal(boom);
    expect(ended()).to.deep.equal([
      { outcome: 'error', error: 'RangeError', table: 'a', value: 1 },
      { outcome: 'error', error: 'RangeError', table: 'b', value: 1 },
    ]);
    expect(recorder.value('queries_in_flight')).to.equal(0);
  });

  it('completes by its result where it was given no callback', async () => {
    await database.query('teams', async () => 'rows');
    expect(ended()).to.deep.equal([{ outcome: 'success', table: 'teams', value: 1 }]);
  });

  it('passes on the callback with its this, name, length and properties, after any number of arguments', () => {
    const seen: unknown[] = [];
    const callback = Object.assign(
      function named(this: unknown, error: Error | null, rows?: string[]): void {
        seen.push(this, error, rows);
      },
      { priority: 7 },
    );
    const look = (given: Callback): void => {
      seen.push(given.name, given.length, (given as typeof callback).priority);
      Reflect.apply(given, database, [null, ['x']]);
    };
    database.query('teams', look, callback);
    expect(seen).to.deep.equal(['named', 2, 7, database, null, ['x']]);
    database.four(1, 2, 3, (...args) => seen.push(args.length));
    expect(seen.at(-1)).to.equal(2);
    expect(recorder.series('four_total')).to.deep.equal([{ labels: { last: 'function' }, value: 1 }]);
  });

  it('suits instrumentFunction, and a function that is promisified', async () => {
    setDefaultRecorder(recorder);
    try {
      const read = instrumentFunction(
        (path: string, callback: (error: Error | null, text?: string) => void) => {
          setTimeout(callback, 1, path === '' ? boom : null, path);
        },
        Counter({ name: 'reads_total', help: 'Reads', labels: { outcome }, completion: 'callback' }),
      );
      expect(await promisify(read)('a')).to.equal('a');
      expect(await promisify(read)('').catch((reason: unknown) => reason)).to.equal(boom);
      expect(recorder.series('reads_total').map(({ value }) => value)).to.deep.equal([1, 1]);
    } finally {
      setDefaultRecorder(undefined);
    }
  });

  it('gives advice once where it is not followed, and none where the option says so or there is a result', async () => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => database.unfollowed(resolve));
    database.listen(() => undefined);
    database.map((n) => n);
    database.query('teams', () => undefined);
    expect(recorder.advice.filter(({ code }) => code === 'callback')).to.deep.equal([
      {
        code: 'callback',
        message:
          '@Counter on Database.unfollowed: a call counts as complete when the method returns, but it may go on ' +
          '(given a function as the last argument, and no result). Write completion: "callback" where that function ' +
          'gets the result, or completion: "result" where it does not.',
      },
    ]);
  });

  it('must be chosen by a known word', () => {
    const decorate = () =>
      instrumentFunction(() => undefined, Counter({ name: 'x_total', help: 'x', completion: 'later' as never }));
    expect(decorate)
      .to.throw('"completion" must be "result" or "callback" (given "later")')
      .with.property('code', 'illegal_option');
  });
});
