import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { FileUplink, readStream } from '../../lib/processes/left-stream.js';
import { Publisher } from '../../lib/processes/publisher.js';
import { Arrivals } from './arrivals.js';
import { samplesOf } from './merged.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const settings = { intervalSeconds: 3600, collectSeconds: 3600, processMetrics: false };

describe('What the process that serves at a socket writes into a file', () => {
  let folder: string;
  let path: string;
  let publisher: Publisher;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'left-'));
    path = join(folder, 'own.left');
  });

  afterEach(() => {
    publisher.discard();
    rmSync(folder, { recursive: true });
  });

  /** Publishes a recorder into the file. */
  function write(recorder: PrometheusRecorder): void {
    publisher = new Publisher(
      recorder,
      settings,
      (events) => new FileUplink(path, events),
      () => undefined,
    );
    publisher.received({ type: 'welcome', id: publisher.identity.id });
  }

  /** The samples that the next process has of the file. */
  async function read(): Promise<string[]> {
    const arrivals = new Arrivals();
    let id: string | undefined;
    for (const frame of readStream(readFileSync(path), 2 ** 26)) {
      if (id === undefined) id = arrivals.start(frame);
      else arrivals.sources.received({ send: () => undefined }, { type: 'frame', id, frame });
    }
    if (id !== undefined) arrivals.end(id);
    return samplesOf({ exposedFamilies: async () => arrivals.families.exposedFamilies(() => true) });
  }

  it('has all of its recorder, and what has changed since, only for its user', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ team: 'a' }, 3);
    write(recorder);
    await publisher.publish();
    recorder.counter(jobs).inc({ team: 'a' }, 4);
    recorder.counter(jobs).inc({ team: 'b' });
    await publisher.publish();
    expect(await read()).to.have.members(['jobs_total{team="a"} 7', 'jobs_total{team="b"} 1']);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('can be read up to where the process was killed while it wrote', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ team: 'a' }, 3);
    write(recorder);
    await publisher.publish();
    recorder.counter(jobs).inc({ team: 'a' }, 4);
    await publisher.publish();
    writeFileSync(path, readFileSync(path).subarray(0, -5));
    expect(await read()).to.deep.equal(['jobs_total{team="a"} 3']);
  });

  it('begins anew where it gets much longer than its beginning', async () => {
    const recorder = new PrometheusRecorder();
    const counter = recorder.counter(jobs);
    const lengths: number[] = [];
    for (let i = 0; i < 2000; i++) counter.inc({ team: `team ${i}` }, 0.5);
    write(recorder);
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 2000; i++) counter.inc({ team: `team ${i}` }, 0.1);
      await publisher.publish();
      // Why a turn: it begins anew in the next one.
      await new Promise(setImmediate);
      lengths.push(statSync(path).size);
    }
    expect(lengths.some((length, i) => length < (lengths[i - 1] ?? 0))).to.equal(true);
    expect(Math.max(...lengths)).to.be.below(2_000_000);
    const value = recorder.snapshot().then(([family]) => family?.samples[0]?.value);
    expect(await read()).to.include(`jobs_total{team="team 0"} ${await value}`);
  });
});
