import { expect } from 'chai';
import {
  attachRecorder,
  Counter,
  defineCounter,
  InFlight,
  Instrumented,
  instrumentFunction,
  instrumentMethod,
  PrometheusRecorder,
  setDefaultRecorder,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const queries = defineCounter({ name: 'repeated_queries_total', help: 'Queries' });

/** What a module does when it is loaded, and loaded again. */
const load = (pool: { query(sql: string): string }, step: number): void => {
  const labels = { verb: (sql: string) => sql.split(' ')[0] };
  instrumentMethod(
    pool,
    'query',
    Counter(queries),
    Timed({ name: 'repeated_query_seconds', help: 'Duration', labels }),
    Counter({ name: 'repeated_steps_total', help: 'Steps', labels, by: () => step }),
    InFlight({ name: 'repeated_in_flight', help: 'Queries' }),
  );
};

const createPool = () =>
  class Pool {
    query(sql: string): string {
      return sql;
    }
  };

describe(`A definition that a method has already (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
  });

  it('records once, however often instrumentMethod has run, and with the readers of the last time', () => {
    const Pool = createPool();
    for (const step of [1, 2, 3]) load(Pool.prototype, step);
    attachRecorder(new Pool(), recorder).query('select 1');
    const read = (name: string, labels = {}) => recorder.value(name, labels);
    const verb = { verb: 'select' };
    expect(read('repeated_queries_total')).to.equal(1);
    expect(read('repeated_query_seconds_count', verb)).to.equal(1);
    expect(read('repeated_steps_total', verb)).to.equal(3);
    expect(read('repeated_in_flight')).to.equal(0);
  });

  it('leaves one wrapper, and one site in what the recorder explains', () => {
    const Pool = createPool();
    load(Pool.prototype, 1);
    const { query } = Pool.prototype;
    for (let i = 0; i < 50; i++) load(Pool.prototype, i);
    expect(Pool.prototype.query).to.equal(query);
    const real = new PrometheusRecorder();
    attachRecorder(new Pool(), real).query('select 1');
    const found = real.explain().find(({ name }) => name === 'repeated_steps_total');
    expect(found?.sites.filter((site) => site === '@Counter on Pool.query').length).to.be.at.least(1);
    const again = new PrometheusRecorder();
    load(Pool.prototype, 51);
    const later = again.explain().find(({ name }) => name === 'repeated_steps_total');
    expect(later?.sites.length).to.equal(found?.sites.length);
  });

  it('takes effect for instances that exist, also where a recorder has bound the method already', () => {
    const Pool = createPool();
    load(Pool.prototype, 1);
    const pool = attachRecorder(new Pool(), recorder);
    pool.query('select 1');
    load(Pool.prototype, 10);
    pool.query('select 1');
    expect(recorder.value('repeated_steps_total', { verb: 'select' })).to.equal(11);
    expect(recorder.value('repeated_queries_total')).to.equal(2);
  });

  it('keeps apart what differs: another constant, another family, another outcome, or two in one list', () => {
    const Pool = createPool();
    const family = { name: 'kinds_total', help: 'Kinds' };
    instrumentMethod(
      Pool.prototype,
      'query',
      Counter({ ...family, labels: { kind: 'a' } }),
      Counter({ ...family, labels: { kind: 'b' } }),
      Counter(queries),
      Counter(queries),
    );
    instrumentMethod(
      Pool.prototype,
      'query',
      Counter({ ...family, labels: { kind: 'b' } }),
      Counter({ ...family, labels: { kind: 'c' } }),
      Counter(queries, { on: 'returned' }),
    );
    attachRecorder(new Pool(), recorder).query('select 1');
    const kinds = recorder.series('kinds_total').map(({ labels, value }) => [labels['kind'], value]);
    expect(kinds).to.have.deep.members([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(recorder.value('repeated_queries_total')).to.equal(3);
  });

  it('records once where instrumentFunction gets what it has returned, also through other layers', () => {
    setDefaultRecorder(recorder);
    try {
      const count = () => Counter({ name: 'repeated_calls_total', help: 'Calls', labels: { n: (n: number) => n } });
      const once = instrumentFunction((n: number) => n, count());
      expect(instrumentFunction(once, count())).to.equal(once);
      const layered = instrumentFunction(instrumentFunction(once, Timed()), count());
      const further = instrumentFunction(layered, count(), InFlight({ name: 'repeated_open', help: 'Calls' }));
      expect(further(7)).to.equal(7);
      expect(recorder.value('repeated_calls_total', { n: '7' })).to.equal(1);
      expect(recorder.value('repeated_open')).to.equal(0);
    } finally {
      setDefaultRecorder(undefined);
    }
  });

  it('records once where @Instrumented is applied to a class again', () => {
    const Pool = createPool();
    for (let i = 0; i < 3; i++) Instrumented()(Pool);
    attachRecorder(new Pool(), recorder).query('select 1');
    expect(recorder.series('method_calls_total').map(({ value }) => value)).to.deep.equal([1]);
    expect(recorder.series('method_duration_seconds_count').map(({ value }) => value)).to.deep.equal([1]);
  });
});

describe(`A constructor of older code (${mode} decorators)`, () => {
  interface Point {
    readonly x: number;
  }
  type PointConstructor = { new (x: number): Point; (this: unknown, x: number): void };

  const createLibrary = () => {
    function PointOf(this: { x: number }, x: number): void {
      if (!(this instanceof PointOf)) throw new TypeError('without new');
      this.x = x;
    }
    PointOf.prototype.double = function double(this: Point): number {
      return this.x * 2;
    };
    PointOf.origin = 0;
    return { PointOf: PointOf as unknown as PointConstructor };
  };

  beforeEach(() => setDefaultRecorder(new MemoryRecorder({ strict: true })));
  afterEach(() => setDefaultRecorder(undefined));

  it('constructs when it is instrumented as a method: its instances, prototype and subclasses stay what they were', () => {
    const library = createLibrary();
    const bare = library.PointOf;
    instrumentMethod(library, 'PointOf', Counter({ name: 'points_total', help: 'Points' }));
    const { PointOf } = library;
    const point = new PointOf(3) as Point & { double(): number };
    expect([point.x, point.double(), point instanceof PointOf, point instanceof bare]).to.deep.equal([
      3,
      6,
      true,
      true,
    ]);
    class Special extends (PointOf as new (x: number) => Point) {}
    expect(new Special(4)).to.be.an.instanceOf(Special).with.property('x', 4);
    expect(Reflect.get(PointOf, 'origin')).to.equal(0);
    expect(() => PointOf(1)).to.throw('without new');
  });

  it('constructs when it is given to instrumentFunction', () => {
    const wrapped = instrumentFunction(createLibrary().PointOf, Counter({ name: 'points_total', help: 'Points' }));
    expect(new wrapped(5).x).to.equal(5);
  });

  it('counts its calls without new, as those of any function', () => {
    const recorder = new MemoryRecorder({ strict: true });
    setDefaultRecorder(recorder);
    const count = instrumentFunction(
      function (this: unknown, n: number): number {
        return n;
      },
      Counter({ name: 'function_calls_total', help: 'Calls' }),
    );
    expect(count(7)).to.equal(7);
    expect(recorder.value('function_calls_total')).to.equal(1);
  });
});
