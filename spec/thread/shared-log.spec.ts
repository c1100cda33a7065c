import { expect } from 'chai';
import {
  defineGauge,
  defineHistogram,
  type ExposedFamily,
  PrometheusRecorder,
  type SampleWriter,
} from '../../lib/index.js';
import { cellStoreOf } from '../../lib/store/cell-access.js';
import { snapshotOf } from '../../lib/store/snapshot.js';
import { LogReader } from '../../lib/thread/log-reader.js';
import { LogWriter } from '../../lib/thread/log-writer.js';
import { unitsPerChunk, wordCount } from '../../lib/thread/shared-log.js';
import { SharedStore } from '../../lib/thread/shared-store.js';
import { StoreCopy } from '../../lib/thread/store-copy.js';

/** Writes so many chunks. */
function fill(writer: LogWriter, chunks: number): void {
  for (let i = 0; i < chunks; i++) writer.named('.'.repeat(unitsPerChunk - 3));
}

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

  it('may end in the middle of an observation, which is counted once and reported as nothing', async () => {
    const errors: unknown[] = [];
    recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: (error) => errors.push(error) });
    const waits = defineHistogram({
      name: 'wait_seconds',
      help: 'Wait',
      unit: 'seconds',
      native: true,
      labels: { room: { limit: 10_000 } },
    });
    const shared = share();
    // Why: nearly as much as may wait for the reader.
    fill(shared.log as LogWriter, 250);
    const exemplar = { order: '😀'.repeat(120) };
    let observed = 0;
    // Why with exemplars: they are told in the middle of an observation, and fill the log, which nobody reads.
    for (; shared.log !== undefined; observed++) {
      recorder.histogram(waits).observe({ room: `${observed % 5000}` }, 0.001 * 2 ** (observed % 12), { exemplar });
      if (observed % 5000 === 4999) await shared.computedFamilies();
    }
    expect(errors).to.deep.equal([]);
    const family = (await recorder.exposedFamilies()).find(({ name }) => name === 'wait_seconds') as ExposedFamily;
    const counts = snapshotOf(family).samples.filter(({ name }) => name.endsWith('_count'));
    expect(counts.reduce((sum, { value }) => sum + value, 0)).to.equal(observed);
  });

  it('has all that there was when it began, however much that is, and only then ends where nobody reads it', () => {
    let hasEnded = false;
    const writer = new LogWriter(new Int32Array(wordCount), {
      onChunk: () => undefined,
      onEnd: () => {
        hasEnded = true;
      },
    });
    fill(writer, 400);
    expect(hasEnded).to.equal(false);
    writer.replayed();
    fill(writer, 250);
    expect(hasEnded).to.equal(false);
    fill(writer, 10);
    expect(hasEnded).to.equal(true);
  });

  it('lets a scrape that goes on meet series that another one has just read of, in new cells', async () => {
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { room: { limit: 20_000 } } });
    let created = 0;
    const create = (count: number): void => {
      for (let i = 0; i < count; i++) recorder.gauge(rooms).set({ room: `${created++}` }, 1);
    };
    // Why so many: a series has two cells, and 4,096 fill the first chunk when some of the last ones come.
    create(1240);
    const copy = copyOf(share());
    const early = (await copy.exposedFamilies()).find(({ name }) => name === 'rooms') as ExposedFamily;
    let read = 0;
    const samples = { label: () => undefined, value: () => read++ };
    const walk = early.write(samples as unknown as SampleWriter)[Symbol.iterator]();
    const goOn = (): void => {
      for (let i = 0; i < 17; i++) walk.next();
    };
    const { readOn } = LogReader.prototype;
    LogReader.prototype.readOn = function (this: LogReader, max: number): void {
      readOn.call(this, max);
      // Why: after each step the slice is over.
      for (const begun = performance.now(); performance.now() - begun < 1; );
    };
    try {
      create(600);
      const late = copy.exposedFamilies();
      await nextTurn();
      create(450);
      goOn();
      await nextTurn();
      goOn();
      expect(read).to.be.above(2048);
      await late;
    } finally {
      LogReader.prototype.readOn = readOn;
      walk.return?.();
    }
  });

  it('has its chunks to itself where a scrape goes on with an earlier log, which has ended', async () => {
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { room: { limit: 20_000 } } });
    const shared = share();
    const copy = copyOf(shared);
    await copy.exposedFamilies();
    // Why so long: the log has many chunks, so that the scrape still needs some when the next one begins.
    for (let i = 0; i < 15_000; i++) recorder.gauge(rooms).set({ room: `${i}`.padStart(300, '.') }, 1);
    const failures: string[] = [];
    const scrape = (): Promise<readonly ExposedFamily[] | undefined> =>
      copy.exposedFamilies().catch(({ message }: Error) => {
        failures.push(message);
        return undefined;
      });
    const { readOn } = LogReader.prototype;
    let others: Promise<unknown> | undefined;
    LogReader.prototype.readOn = function (this: LogReader, max: number): void {
      readOn.call(this, max);
      for (const begun = performance.now(); performance.now() - begun < 1; );
      if (others !== undefined) return;
      fill(shared.log as LogWriter, 300);
      others = scrape();
    };
    try {
      await scrape();
      await others;
    } finally {
      LogReader.prototype.readOn = readOn;
    }
    // Why not which ones: where this takes a second, the copy has read its log without a scrape too.
    const expected = /it has fallen behind too far|another scrape has left its log|has no log to read/;
    expect(failures.filter((failure) => !expected.test(failure))).to.deep.equal([]);
    let families: readonly ExposedFamily[] | undefined;
    while (families === undefined) {
      await nextTurn();
      families = await scrape();
    }
    const family = families.find(({ name }) => name === 'rooms') as ExposedFamily;
    expect(snapshotOf(family).samples).to.have.lengthOf(15_000);
  });
});
