import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  defineHistogram,
  type NativeHistogramOptions,
  PrometheusRecorder,
  type SampleWriter,
  type Scrapable,
  scrape,
} from '../../lib/index.js';
import { MetricsAggregator } from '../../lib/processes/index.js';
import { createKnownFamilies, readFrame } from '../../lib/processes/wire/frame-reader.js';
import { FrameWriter } from '../../lib/processes/wire/frame-writer.js';
import { PublishedCells } from '../../lib/processes/wire/published-cells.js';
import type { NativeBuckets } from '../../lib/store/exposed-family.js';
import { NumberStore } from '../../lib/store/numbers.js';
import { Connected } from './connected.js';

/** One series of a histogram, as data that can be compared. */
interface Read {
  readonly count: number;
  readonly sum: number;
  readonly createdAt: number | undefined;
  readonly native:
    | { schema: number; zeroThreshold: number; zeroCount: number; positive: number[][]; negative: number[][] }
    | undefined;
}

const listBuckets = ({ size, indexes, counts }: NativeBuckets): number[][] =>
  Array.from({ length: size }, (_, i) => [indexes[i] as number, counts[i] as number]);

/** The histograms of a family, by their labels. */
async function read(scrapable: Scrapable, name = 'wait_seconds'): Promise<Record<string, Read>> {
  const family = (await scrapable.exposedFamilies()).find((one) => one.name === name);
  const labels: string[] = [];
  const found: Record<string, Read> = {};
  const writer: SampleWriter = {
    label: (depth, _, value) => labels.splice(depth, labels.length, value),
    value: () => undefined,
    summary: () => undefined,
    sample: () => undefined,
    histogram: (depth, { count, sum, createdAt, native }) => {
      found[labels.slice(0, depth).join()] = {
        ...{ count, sum, createdAt },
        native: native && {
          schema: native.schema,
          zeroThreshold: native.zeroThreshold,
          zeroCount: native.zeroCount,
          positive: listBuckets(native.positive),
          negative: listBuckets(native.negative),
        },
      };
    },
  };
  for (const _ of family?.write(writer) ?? []);
  return found;
}

const define = (native: boolean | NativeHistogramOptions, buckets: readonly number[] = [1, 10]) =>
  defineHistogram({ name: 'wait_seconds', help: 'Wait', labels: { team: {} }, buckets, native, advice: false });

type WaitFamily = ReturnType<typeof define>;

describe('Native histograms of several processes', () => {
  let connected: Connected;

  beforeEach(() => {
    connected = new Connected();
  });

  afterEach(() => connected.close());

  function start(family: WaitFamily, values: readonly number[] = [], team = 'a'): PrometheusRecorder {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
    for (const value of values) recorder.histogram(family).observe({ team }, value);
    connected.connect(recorder);
    return recorder;
  }

  const without = ({ createdAt: _, sum, ...rest }: Read) => ({ ...rest, sum: sum.toPrecision(9) });

  it('merge into what one process would have counted, whatever each has observed and whichever has ended', async () => {
    const value = fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(0, -0, 1e-40, 1e9));
    const family = define({ factor: 1.3, maxBuckets: 10_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(value, { maxLength: 40 }), { minLength: 1, maxLength: 4 }), async (parts) => {
        connected = new Connected();
        const recorders = parts.map((values) => start(family, values));
        await connected.publish();
        connected.kill(recorders[0] as PrometheusRecorder);
        const one = new PrometheusRecorder({ onAdvice: () => undefined });
        for (const each of parts.flat()) one.histogram(family).observe({ team: 'a' }, each);
        const [expected, merged] = [(await read(one))['a'], (await read(connected))['a']];
        expect(merged && without(merged)).to.deep.equal(expected && without(expected));
        await connected.close();
      }),
      { numRuns: 30 },
    );
  });

  it('have the widest buckets of all where their schemas differ, and no more buckets than one may have', async () => {
    start(define({ factor: 1.1, maxBuckets: 20 }), [1, 2, 3]);
    start(define({ factor: 2, maxBuckets: 20 }), [1, 2, 3]);
    await connected.publish();
    expect((await read(connected))['a']?.native).to.include({ schema: 0 });
    const fine = define({ factor: 1.01, maxBuckets: 20, resetAfterSeconds: Infinity });
    for (let n = 0; n < 5; n++) {
      start(
        fine,
        Array.from({ length: 20 }, (_, i) => 1.1 ** (i * 5 + n)),
        'b',
      );
    }
    await connected.publish();
    const { native, count } = (await read(connected))['b'] as Read;
    expect(native?.positive.length).to.be.within(5, 20);
    expect(native?.positive.reduce((sum, [, n]) => sum + (n as number), 0)).to.equal(count);
  });

  it('never lose a count where one of them resets its own, also where it is the only one, and begin when the first did', async () => {
    const family = define({ factor: 1.01, maxBuckets: 4, resetAfterSeconds: 1e-9 });
    const others = [undefined, start(family, [1, 2, 3])];
    for (const other of others) {
      const team = other === undefined ? 'b' : 'a';
      const resetting = start(family, [], team);
      let observed = other === undefined ? 0 : 3;
      let begun: number | undefined;
      let resets = 0;
      for (let i = 0; i < 40; i++) {
        resetting.histogram(family).observe({ team }, 1.05 ** i);
        observed++;
        if (i % 3 === 0) continue;
        await connected.publish();
        if (((await read(resetting))[team]?.count as number) < i) resets++;
        const { count, native, createdAt } = (await read(connected))[team] as Read;
        expect(count).to.equal(observed);
        expect((native?.positive ?? []).reduce((sum, [, n]) => sum + (n as number), 0)).to.equal(count);
        expect(native?.positive.length).to.be.at.most(4);
        begun ??= createdAt;
        expect(createdAt).to.equal(begun);
      }
      expect(resets).to.be.above(5);
    }
  });

  it('lose no count where one of them resets its own while it is not connected, or a frame gets lost', async () => {
    const family = define({ factor: 1.01, maxBuckets: 4, resetAfterSeconds: 1e-9 });
    const resetting = start(family);
    start(family, [1, 2, 3]);
    const counts: number[] = [];
    for (let i = 0; i < 40; i++) {
      resetting.histogram(family).observe({ team: 'a' }, 1.05 ** i);
      if (i % 5 === 1) connected.disconnect(resetting);
      if (i % 5 === 4) connected.reconnect(resetting);
      connected.change = (message) => (i % 7 === 0 && message.type === 'frame' ? undefined : message);
      await connected.publish();
      counts.push((await read(connected))['a']?.count ?? 0);
    }
    expect(counts).to.deep.equal([...counts].sort((a, b) => a - b));
    connected.change = (message) => message;
    for (let i = 0; i < 2; i++) await connected.publish();
    const merged = (await read(connected))['a'] as Read;
    expect(merged.count).to.equal(43);
    expect(merged.native?.positive.reduce((sum, [, n]) => sum + (n as number), 0)).to.equal(43);
    expect((await read(resetting))['a']?.count).to.be.below(10);
  });

  it('forget what a series had counted before a reset once it is removed', async () => {
    const family = define({ factor: 1.01, maxBuckets: 4, resetAfterSeconds: 1e-9 });
    const resetting = start(family);
    await connected.publish();
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 10; i++) resetting.histogram(family).observe({ team: 'a' }, 1.05 ** i);
      await connected.publish();
      expect((await read(connected))['a']?.count, `round ${round}`).to.equal(10);
      resetting.remove(family, { team: 'a' });
      if (round === 2) await connected.publish();
    }
    await connected.publish();
    expect(await read(connected)).to.deep.equal({});
  });

  it('keep what the own process of an aggregator had counted before a reset', async () => {
    const family = define({ factor: 1.01, maxBuckets: 4, resetAfterSeconds: 1e-9 });
    const recorder = new PrometheusRecorder();
    const aggregator = new MetricsAggregator({ recorder, processMetrics: false });
    for (let i = 0; i < 30; i++) {
      recorder.histogram(family).observe({ team: 'a' }, 1.05 ** i);
      expect((await read(aggregator))['a']?.count).to.equal(i + 1);
    }
    expect((await read(recorder))['a']?.count).to.be.below(10);
    await aggregator.close();
  });

  it('do without native buckets where one of them counts none, and its classic buckets are merged all the same', async () => {
    start(define(true), [1, 2]);
    const other = start(define(false), [3]);
    await connected.publish();
    expect((await read(connected))['a']).to.include({ count: 3, native: undefined });
    await connected.end(other);
    start(define(true), [5], 'b');
    await connected.publish();
    expect((await read(connected))['b']?.native?.positive).to.have.length(1);
  });

  it('give each process its own where its aggregator is all, and keep that of one that has ended', async () => {
    const family = defineHistogram({
      ...{ name: 'wait_seconds', help: 'Wait', buckets: [1], native: true, aggregator: 'all' },
    });
    const recorders = [1, 2].map((value) => {
      const recorder = new PrometheusRecorder();
      recorder.histogram(family).observe({}, value);
      connected.connect(recorder);
      return recorder;
    });
    await connected.publish();
    connected.kill(recorders[0] as PrometheusRecorder);
    const all = await read(connected);
    expect(Object.keys(all).sort()).to.deep.equal(['1', '2']);
    for (const one of Object.values(all)) expect(one.native?.positive).to.have.length(1);
  });

  it('come through a scrapable that is no store of ours', async () => {
    const recorder = new PrometheusRecorder();
    const family = define({ factor: 1.3 });
    for (let i = 0; i < 50; i++) recorder.histogram(family).observe({ team: 'a' }, 1.4 ** (i - 20) - 1);
    const wrapped: Scrapable = { exposedFamilies: (limits) => recorder.exposedFamilies(limits) };
    connected.connect(wrapped);
    for (let i = 0; i < 3; i++) {
      await connected.publish();
      await new Promise((resolve) => setTimeout(resolve, 12));
    }
    expect((await read(connected))['a']).to.deep.equal((await read(recorder))['a']);
  });

  it('go with the socket to the process that takes over, with their exemplars', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flowplane-'));
    const socket = join(folder, 'metrics.sock');
    const recorder = new PrometheusRecorder();
    const family = define({ factor: 1.3 });
    for (let i = 1; i < 50; i++) {
      recorder.histogram(family).observe({ team: 'a' }, 1.4 ** (i - 20), { exemplar: { order: String(i) } });
    }
    const first = new MetricsAggregator({ recorder, processMetrics: false, socket });
    await first.listen();
    const before = await read(first);
    await first.close();
    const second = new MetricsAggregator({ socket });
    await second.listen();
    expect(await read(second)).to.deep.equal(before);
    const { body } = await scrape(second, { method: 'GET', accept: 'application/openmetrics-text; version=1.0.0' });
    expect(await text(body)).to.match(/le="1\.0"\} 20 # \{order="\d+"\}/);
    await second.close();
    rmSync(folder, { recursive: true });
  });

  it('travel bit by bit, also where two counts look like no number', () => {
    const numbers = new NumberStore();
    const first = numbers.allocate(3);
    const words = [5, 0x7ff00001, -1, 0x7ff80000 + 3, 0, -0x80000000];
    for (const [i, word] of words.entries()) numbers.setWord(first, i, word);
    const writer = new FrameWriter(0, true);
    new PublishedCells(numbers).publish(writer.cellsOf(0, numbers.length));
    const [area] = readFrame(writer.finish(), createKnownFamilies()).areas;
    expect(area?.cells.words).to.deep.equal(words);
  });
});
