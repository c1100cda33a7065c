import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { attachRecorder, Counter, InFlight } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const boom = new Error('boom');
const end = { result: () => 'returned', error: () => 'threw' };

class Rows {
  @InFlight({ name: 'open_calls', help: 'Calls that have not ended' })
  @Counter({ name: 'ended_calls_total', help: 'Calls that have ended', labels: { end } })
  *read(): Generator<string> {
    for (;;) yield 'row';
  }

  @InFlight({ name: 'open_calls', help: 'Calls that have not ended' })
  @Counter({ name: 'ended_calls_total', help: 'Calls that have ended', labels: { end } })
  async *readLater(): AsyncGenerator<string> {
    for (;;) yield 'row';
  }
}

describe(`A generator behind Readable.from() (${mode} decorators)`, () => {
  for (const method of ['read', 'readLater'] as const) {
    let recorder: MemoryRecorder;
    let stream: Readable;

    beforeEach(() => {
      recorder = new MemoryRecorder({ strict: true });
      stream = Readable.from(attachRecorder(new Rows(), recorder)[method]());
    });

    /** Waits until the stream is closed, and looks at how the one call has ended. */
    const endsAs = async (expected: string) => {
      if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
      expect(recorder.series('ended_calls_total')).to.deep.equal([{ labels: { end: expected }, value: 1 }]);
      expect(recorder.value('open_calls')).to.equal(0);
    };

    it(`counts as returned where the consumer leaves a loop over the stream (${method})`, async () => {
      for await (const row of stream) if (row === 'row') break;
      await endsAs('returned');
    });

    it(`counts as returned where the destination of a pipeline is closed first (${method})`, async () => {
      const destination = new PassThrough();
      const running = pipeline(stream, destination).catch((error: unknown) => error);
      destination.once('readable', () => destination.destroy());
      expect(await running).to.be.an('error');
      await endsAs('returned');
    });

    it(`counts as returned where a signal aborts the stream (${method})`, async () => {
      const abort = new AbortController();
      const running = pipeline(stream, new PassThrough(), { signal: abort.signal }).catch((error: unknown) => error);
      abort.abort();
      expect(await running).to.be.an('error');
      await endsAs('returned');
    });

    it(`counts as thrown where the stream is destroyed with an error (${method})`, async () => {
      stream.once('error', () => undefined).once('data', () => stream.destroy(boom));
      await endsAs('threw');
    });
  }

  it('counts as thrown where the generator itself throws what aborts it', async () => {
    const recorder = new MemoryRecorder();
    class Aborting {
      @Counter({ name: 'ended_calls_total', help: 'Calls that have ended', labels: { end } })
      async *read(): AsyncGenerator<string> {
        yield 'row';
        AbortSignal.abort().throwIfAborted();
      }
    }
    const rows = attachRecorder(new Aborting(), recorder).read();
    await rows.next();
    await rows.next().catch(() => undefined);
    expect(recorder.series('ended_calls_total')).to.deep.equal([{ labels: { end: 'threw' }, value: 1 }]);
  });
});
