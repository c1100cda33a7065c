import { expect } from 'chai';
import fc from 'fast-check';
import { defineCounter, defineHistogram, PrometheusRecorder, scrape } from '../../lib/index.js';
import { frameVersion } from '../../lib/processes/wire/frame.js';
import { Connected } from './connected.js';
import { samplesOf } from './merged.js';

const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const answer = (connected: Connected, accept: string | undefined) => scrape(connected, { method: 'GET', accept });

const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', native: true });
const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });

describe('An aggregator', () => {
  const connecteds: Connected[] = [];

  function create(options?: ConstructorParameters<typeof Connected>[0]): Connected {
    const connected = new Connected(options);
    connecteds.push(connected);
    return connected;
  }

  afterEach(async () => {
    for (const connected of connecteds.splice(0)) await connected.close();
  });

  const counting = (by: number, team = 'a'): PrometheusRecorder => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ team }, by);
    return recorder;
  };

  it('goes on without a source whose frame is cut off, changed or of another version, and keeps what it had', async () => {
    const spoil: readonly (readonly [reason: string, change: (frame: Uint8Array) => Uint8Array])[] = [
      ['malformed', (frame) => frame.slice(0, -3)],
      ['malformed', () => new Uint8Array([1, 2, 3])],
      ['malformed', () => new Uint8Array()],
      ['version', (frame) => Uint8Array.from(frame, (byte, i) => (i === 2 ? frameVersion + 1 : byte))],
    ];
    for (const [reason, change] of spoil) {
      const connected = create();
      const [good, bad] = [counting(2), counting(3)];
      connected.connect(good, bad);
      await connected.publish();
      bad.counter(jobs).inc({ team: 'a' }, 100);
      let frames = 0;
      connected.change = (message) =>
        message.type === 'frame' && ++frames === 2 ? { ...message, frame: change(message.frame) } : message;
      await connected.publish();
      connected.change = (message) => message;
      good.counter(jobs).inc({ team: 'a' }, 10);
      await connected.publish();
      expect(connected.failures, reason).to.include(reason);
      expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="a"} 15']);
      expect(connected.sources.ages()).to.have.length(1);
    }
  });

  it('never throws, whatever bytes come, and answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(), async (noise, at) => {
        const connected = create();
        const recorder = counting(2);
        for (const seconds of [0.1, 5, 70]) recorder.histogram(wait).observe({}, seconds);
        connected.connect(recorder);
        connected.change = (message) => {
          if (message.type !== 'frame') return message;
          const frame = Uint8Array.from(message.frame);
          frame.set(
            noise.slice(0, frame.length),
            Math.min(at % (frame.length + 1), Math.max(frame.length - noise.length, 0)),
          );
          return { ...message, frame };
        };
        await connected.publish();
        for (const accept of [undefined, protobuf]) for await (const _ of (await answer(connected, accept)).body);
      }),
      { numRuns: 200 },
    );
  });

  it('asks for all again where a frame got lost, and has the right numbers then', async () => {
    const connected = create();
    const recorder = counting(2);
    connected.connect(recorder);
    await connected.publish();
    recorder.counter(jobs).inc({ team: 'b' }, 5);
    connected.change = () => undefined;
    await connected.publish();
    connected.change = (message) => message;
    recorder.counter(jobs).inc({ team: 'a' }, 1);
    for (let i = 0; i < 3; i++) await connected.publish();
    expect(await samplesOf(connected)).to.have.members(['jobs_total{team="a"} 3', 'jobs_total{team="b"} 5']);
  });

  it('asks for all again where the first frame got lost, also where the next one has a series more', async () => {
    const connected = create();
    const recorder = counting(2);
    connected.connect(recorder);
    connected.change = (message) => (message.type === 'frame' ? undefined : message);
    await connected.publish();
    connected.change = (message) => message;
    recorder.counter(jobs).inc({ team: 'b' }, 5);
    for (let i = 0; i < 3; i++) await connected.publish();
    expect(connected.failures).to.deep.equal([]);
    expect(await samplesOf(connected)).to.have.members(['jobs_total{team="a"} 2', 'jobs_total{team="b"} 5']);
  });

  it('takes no frame for the next one that follows a lost frame with everything', async () => {
    const connected = create();
    const recorder = counting(2);
    connected.connect(recorder);
    await connected.publish();
    connected.disconnect(recorder);
    recorder.clear(jobs);
    recorder.counter(jobs).inc({ team: 'b' }, 5);
    connected.change = (message) => (message.type === 'frame' ? undefined : message);
    connected.reconnect(recorder);
    await connected.publish();
    connected.change = (message) => message;
    recorder.counter(jobs).inc({ team: 'b' }, 1);
    for (let i = 0; i < 3; i++) await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="b"} 6']);
  });

  it('takes no frame above its limit, and no source or series beyond theirs', async () => {
    const small = create({ maxFrameBytes: 100 });
    small.connect(counting(1));
    await small.publish();
    expect(small.failures).to.include('too_large').and.to.include('told too_large');
    const tight = create({ maxSeries: 1 });
    const wide = new PrometheusRecorder();
    for (const seconds of [0.1, 5, 70]) wide.histogram(wait).observe({}, seconds);
    tight.connect(wide);
    await tight.publish();
    expect(tight.failures).to.include('too_large');
    const few = create({ maxSources: 1 });
    few.connect(counting(1), counting(1));
    await few.publish();
    expect(few.failures).to.include('too_many_sources');
    expect(await samplesOf(few)).to.deep.equal(['jobs_total{team="a"} 1']);
    const bounded = create({ maxSeries: 3 });
    bounded.connect(...['a', 'b', 'c', 'd', 'e'].map((team) => counting(1, team)));
    await bounded.publish();
    expect(bounded.series).to.equal(3);
    expect(bounded.failures).to.include('too_many_series jobs_total');
  });

  it('ignores what a source sends that has ended, so that nothing is counted twice', async () => {
    const connected = create();
    const recorder = counting(2);
    connected.connect(recorder);
    await connected.publish();
    let last: Parameters<Connected['change']>[0] | undefined;
    connected.change = (message) => {
      if (message.type === 'frame') last = message;
      return message;
    };
    recorder.counter(jobs).inc({ team: 'a' }, 3);
    await connected.publish();
    connected.kill(recorder);
    if (last !== undefined) connected.sources.received({ send: () => undefined }, last);
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="a"} 5']);
  });
});
