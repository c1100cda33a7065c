import { expect } from 'chai';
import { ExemplarPool, none } from '../../lib/store/exemplar-pool.js';
import { createRandom } from './exact-native-model.js';

const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };

describe('The pool of exemplars', () => {
  it('finds what it has, the last one of a key first, however many come and go', () => {
    const random = createRandom(7);
    const pool = new ExemplarPool();
    /** For each key its values, the last one first. */
    const model = new Map<number, number[]>();
    const valuesOf = (key: number): number[] => {
      const values: number[] = [];
      for (let slot = pool.find(key); slot !== none; slot = pool.findNext(slot)) values.push(pool.valueOf(slot));
      return values;
    };
    let size = 0;
    for (let i = 1; i <= 20_000; i++) {
      // Why multiples: the indexes of the series of a family have a common factor.
      const key = 1 + Math.floor(random() * 2500) * 13;
      const values = model.get(key) ?? [];
      model.set(key, values);
      if (random() < 0.3 && values.length > 0) {
        pool.remove(pool.find(key));
        values.shift();
        size--;
      } else {
        pool.add(key, { span }, i, i);
        values.unshift(i);
        size++;
      }
    }
    expect(pool.size).to.equal(size);
    for (const [key, values] of model) expect(valuesOf(key), `key ${key}`).to.deep.equal(values);
  });

  it('links few exemplars anew when it grows, as a call of the service waits for it', () => {
    const pool = new ExemplarPool();
    let most = 0;
    let links = 0;
    // Why counted and not timed: a busy machine is slow too.
    const counted = pool as unknown as { link(slot: number, key: number): void };
    const link = counted.link.bind(pool);
    counted.link = (slot, key) => {
      links++;
      link(slot, key);
    };
    for (let key = 1; key <= 50_000; key++) {
      links = 0;
      pool.add(key * 13, { span }, 1, 1);
      most = Math.max(most, links);
    }
    expect(most).to.be.below(100);
  });

  it('loses no more than a few exemplars where an exhausted stack interrupts its growth, and goes on', () => {
    const pool = new ExemplarPool();
    const keys = Array.from({ length: 1000 }, (_, i) => 1 + i * 13);
    const interrupted = pool as unknown as { link(slot: number, key: number): void };
    const link = interrupted.link.bind(pool);
    let links = 0;
    interrupted.link = (slot, key) => {
      if (++links === 135) throw new RangeError('Maximum call stack size exceeded');
      link(slot, key);
    };
    for (const key of keys) {
      try {
        pool.add(key, { span }, key, 1);
      } catch (fault) {
        expect(fault).to.be.instanceOf(RangeError);
      }
    }
    expect(keys.filter((key) => pool.find(key) === none).length).to.be.below(32);
    for (let round = 1; round <= 3; round++) {
      for (const key of keys) pool.remove(pool.find(key));
      expect(keys.filter((key) => pool.find(key) !== none)).to.deep.equal([]);
      for (const key of keys) pool.add(key, { span }, key + round, 1);
      expect(keys.filter((key) => pool.valueOf(pool.find(key)) !== key + round)).to.deep.equal([]);
    }
  });
});
