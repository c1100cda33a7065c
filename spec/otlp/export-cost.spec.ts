import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { getHeapStatistics } from 'node:v8';
import { expect } from 'chai';
import { defineCounter, PrometheusRecorder, type SampleWriter, type Scrapable } from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';

/** Connections to nowhere, which take everything at once and answer 200. */
class Sink extends Agent {
  /** The bytes that were written in each turn of the event loop. */
  readonly turns: number[] = [];
  /** Is called when a request begins, whose body is complete then. */
  onRequest = (): void => undefined;
  #isCounting = false;

  override createConnection(): Duplex {
    const sink = this;
    let expected = Number.NaN;
    const socket = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        sink.#count(chunk.length);
        if (Number.isNaN(expected)) {
          sink.onRequest();
          const [head = ''] = chunk.toString('latin1').split('\r\n\r\n');
          expected = Number(/content-length: (\d+)/i.exec(head)?.[1]) + head.length + 4;
        }
        expected -= chunk.length;
        if (expected === 0) {
          expected = Number.NaN;
          this.push('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        }
        // Why at once: so does a socket that has room, whose owner then hears in the same turn that it wants more.
        done();
      },
    });
    return Object.assign(socket, { ref: () => socket, unref: () => socket, setKeepAlive: () => socket });
  }

  #count(bytes: number): void {
    if (!this.#isCounting) {
      this.#isCounting = true;
      this.turns.push(0);
      setImmediate(() => {
        this.#isCounting = false;
      });
    }
    this.turns[this.turns.length - 1] = (this.turns.at(-1) as number) + bytes;
  }
}

describe('An export over OTLP', () => {
  const exporters: OtlpExporter[] = [];
  afterEach(async () => {
    for (const exporter of exporters.splice(0)) await exporter.shutdown();
  });

  const exporting = (recorder: Scrapable, options: OtlpOptions): OtlpExporter => {
    const exporter = new OtlpExporter(recorder, {
      endpoint: 'http://127.0.0.1:4318',
      ...{ shutdownTimeoutSeconds: 0.1, onAdvice: () => undefined },
      ...options,
    });
    exporters.push(exporter);
    return exporter;
  };

  it('gives the event loop a turn after each half a millisecond of work', async () => {
    const steps = 40;
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    const slow = {
      ...{ name: 'rooms', type: 'gauge' as const, help: 'Rooms' },
      *write(writer: SampleWriter): Generator<void> {
        for (let i = 0; i < steps; i++) {
          const started = process.hrtime.bigint();
          while (process.hrtime.bigint() - started < 500_000n);
          writer.label(0, 'team', String(i));
          writer.value(1, i);
          yield;
        }
      },
    };
    count();
    await exporting({ exposedFamilies: async () => [slow] }, { agent: new Sink() }).flush();
    isDone = true;
    expect(turns).to.be.at.least(steps);
  });

  for (const [what, options] of Object.entries({
    plain: {},
    compressed: { compression: 'gzip' },
    JSON: { protocol: 'http/json' },
  } as const)) {
    it(`hands over at most some 64 KiB in a turn of the event loop, ${what}`, async () => {
      const agent = new Sink();
      expect((await exporting(filled(20_000), { agent, ...options }).flush()).result).to.equal('success');
      expect(agent.turns.length).to.be.above(1);
      expect(Math.max(...agent.turns)).to.be.below(160 * 1024);
    });
  }

  it('of 100,000 series takes at most 16 MiB of memory', async () => {
    const recorder = filled(100_000);
    const agent = new Sink();
    // Why an export before: it frees what the exporters of other tests have left, which would count as saved.
    await exporting(filled(1), { agent: new Sink() }).flush();
    const before = used();
    const exporter = exporting(recorder, { agent });
    const during: number[] = [];
    agent.onRequest = () => during.push((used() - before) / 2 ** 20);
    for (let i = 0; i < 2; i++) await exporter.flush();
    expect(during.length).to.be.above(2);
    expect(Math.max(...during)).to.be.below(16);
  });

  it('needs no more memory after a hundred exports that have failed', async () => {
    const recorder = filled(1000);
    const exporter = exporting(recorder, {
      ...{ endpoint: 'http://127.0.0.1:1', temporality: 'delta', exportTimeoutSeconds: 0.05 },
    });
    const fail = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) expect((await exporter.flush()).result).to.equal('failed');
    };
    await fail(10);
    const before = used();
    await fail(100);
    expect((used() - before) / 2 ** 20).to.be.below(1);
  });
});

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {}, kind: {} } });

function filled(series: number): PrometheusRecorder {
  const room = { maxSeriesPerFamily: 2 * series, maxSamples: 3 * series };
  const recorder = new PrometheusRecorder({ ...room, onAdvice: () => undefined });
  fill(recorder, series);
  return recorder;
}

function fill(recorder: PrometheusRecorder, series: number): void {
  const counter = recorder.counter(jobs);
  for (let i = 0; i < series; i++) counter.inc({ team: `team-${i}`, kind: 'send' }, i + 1);
}

/** The memory that is used without garbage, in bytes. */
function used(): number {
  // Why twice: the bytes outside of the heap are freed after what has pointed to them.
  for (let i = 0; i < 2; i++) globalThis.gc?.();
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
