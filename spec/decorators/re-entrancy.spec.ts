import { expect } from 'chai';
import { attachRecorder, Counter, Gauge } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

class Tree {
  @Counter({ name: 'visits_total', help: 'Visits', labels: { depth: (depth) => depth } })
  visit(depth: number): number {
    return depth === 0 ? 0 : this.visit(depth - 1);
  }

  @Counter({
    name: 'outer_total',
    help: 'Calls whose label reader makes such a call',
    labels: {
      first: (n) => n,
      second(n) {
        return n > 0 ? this.outer(n - 1) : 'end';
      },
    },
  })
  outer(n: number): string {
    return `after ${n}`;
  }

  @Gauge({ name: 'last', help: 'The last number', value: (n) => n })
  async last(n: number): Promise<number> {
    return n;
  }
}

describe(`A decorated method that is re-entered (${mode} decorators)`, () => {
  it('counts each call of a recursion with its own labels', () => {
    const recorder = new MemoryRecorder({ strict: true });
    attachRecorder(new Tree(), recorder).visit(3);
    const depths = recorder.series('visits_total').map(({ labels, value }) => [labels['depth'], value]);
    expect(depths).to.deep.equal([
      ['0', 1],
      ['1', 1],
      ['2', 1],
      ['3', 1],
    ]);
  });

  it('keeps the labels apart when a label reader calls the method again', () => {
    const recorder = new MemoryRecorder({ strict: true });
    attachRecorder(new Tree(), recorder).outer(2);
    expect(recorder.series('outer_total')).to.deep.equal([
      { labels: { first: '0', second: 'end' }, value: 1 },
      { labels: { first: '1', second: 'after 0' }, value: 1 },
      { labels: { first: '2', second: 'after 1' }, value: 1 },
    ]);
  });

  it('never mixes the recorders of two instances when their calls overlap', async () => {
    const recorders = [new MemoryRecorder({ strict: true }), new MemoryRecorder({ strict: true })];
    const trees = recorders.map((recorder) => attachRecorder(new Tree(), recorder));
    await Promise.all(Array.from({ length: 1000 }, (_, i) => trees[i % 2]?.last(i)));
    expect(recorders.map((recorder) => recorder.value('last'))).to.deep.equal([998, 999]);
  });
});
