import { expect } from 'chai';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { cellStoreOf } from '../../lib/store/cell-access.js';
import { Connected } from '../processes/connected.js';
import { samplesOf } from '../processes/merged.js';
import { CopyInThread, scrapeStore } from './copy-in-thread.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });

describe('Several readers of one store', () => {
  let recorder: PrometheusRecorder;
  let connected: Connected;

  beforeEach(() => {
    recorder = new PrometheusRecorder();
    connected = new Connected().connect(recorder);
  });

  afterEach(() => connected.close());

  const published = async (): Promise<string[]> => {
    await connected.publish();
    return samplesOf(connected);
  };

  it('see the same numbers, also where others come and go', async () => {
    const counter = recorder.counter(jobs);
    counter.inc({ team: 'a' }, 2);
    expect(await published()).to.deep.equal(['jobs_total{team="a"} 2']);
    const copies = [new CopyInThread(recorder), new CopyInThread(recorder)];
    try {
      counter.inc({ team: 'a' });
      counter.inc({ team: 'b' }, 5);
      expect(await published()).to.deep.equal(['jobs_total{team="a"} 3', 'jobs_total{team="b"} 5']);
      for (const copy of copies) expect((await copy.scrape()).body).to.equal(await scrapeStore(recorder));
      await copies.shift()?.close();
      recorder.remove(jobs, { team: 'a' });
      counter.inc({ team: 'c' }, 7);
      for (const copy of copies) expect((await copy.scrape()).body).to.equal(await scrapeStore(recorder));
    } finally {
      for (const copy of copies) await copy.close();
    }
    for (let i = 0; i < 5000; i++) counter.inc({ team: `${i}` });
    const again = new CopyInThread(recorder);
    try {
      expect((await again.scrape()).body).to.equal(await scrapeStore(recorder));
    } finally {
      await again.close();
    }
    expect((await published()).length).to.equal(5002);
  });

  it('keep nothing reserved once none of them is left', async () => {
    const counter = recorder.counter(jobs);
    const seriesPerRound = 5000;
    const rounds: number[] = [];
    for (let round = 0; round < 8; round++) {
      const copy = new CopyInThread(recorder);
      for (let i = 0; i < seriesPerRound; i++) counter.inc({ team: `${round} ${i}` });
      recorder.clear(jobs);
      await copy.close();
      rounds.push(cellStoreOf(recorder)?.cells.length ?? 0);
    }
    // Why two rounds: clearing takes place in slices, and the next round may begin before the last one.
    expect(rounds.at(-1)).to.be.below(2.2 * (rounds[0] as number), rounds.join());
  });
});
