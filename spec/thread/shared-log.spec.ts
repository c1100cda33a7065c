import { expect } from 'chai';
import { defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { cellStoreOf } from '../../lib/store/cell-access.js';
import { SharedStore } from '../../lib/thread/shared-store.js';
import { StoreCopy } from '../../lib/thread/store-copy.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// Why without a thread: here nothing happens between two steps, so that each spec chooses what comes between them.
describe('The log that a store shares', () => {
  let recorder: PrometheusRecorder;
  const opened: { close(): void }[] = [];

  const share = (): SharedStore => {
    const shared = new SharedStore(recorder);
    opened.push(shared);
    return shared;
  };
  const copyOf = (shared: SharedStore): StoreCopy => {
    const copy = new StoreCopy(shared.data, shared);
    opened.push(copy);
    return copy;
  };
  const countCells = (): number => cellStoreOf(recorder)?.cells.length ?? 0;

  beforeEach(() => {
    recorder = new PrometheusRecorder({ maxSeriesPerFamily: 20_000, onAdvice: () => undefined });
  });

  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  describe('of a large family, which is told in slices', () => {
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { room: { limit: 20_000 } } });

    beforeEach(() => {
      for (let i = 0; i < 5000; i++) recorder.gauge(rooms).set({ room: `${i}` }, i);
    });

    /** So many series come and go again, several times; returns how many cells that has taken. */
    const churn = async (copy?: StoreCopy): Promise<number> => {
      const before = countCells();
      for (let round = 0; round < 5; round++) {
        for (let i = 0; i < 2000; i++) recorder.gauge(rooms).set({ room: `new ${i}` }, i);
        for (let i = 0; i < 2000; i++) recorder.remove(rooms, { room: `new ${i}` });
        await copy?.exposedFamilies();
        await nextTurn();
      }
      return countCells() - before;
    };

    it('lets the cells of removed series be used again, although one was removed meanwhile', async () => {
      const shared = share();
      const copy = copyOf(shared);
      recorder.remove(rooms, { room: '7' });
      const isTold = async (): Promise<boolean> =>
        (await cellStoreOf(recorder)?.computedFamilies({}, shared.log))?.some(({ name }) => name === 'rooms') === false;
      while (!(await isTold())) await nextTurn();
      await copy.exposedFamilies();
      expect(await churn(copy)).to.be.below(2 * 4096);
    });

    it('lets them be used again where it has ended meanwhile', async () => {
      share().close();
      await nextTurn();
      expect(await churn()).to.be.below(2 * 4096);
    });
  });
});
